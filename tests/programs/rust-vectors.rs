// Vectors, strings and maps from Rust, with a panic that is caught, traced when rustc is at hand.
use std::collections::HashMap;
use std::panic;

fn words(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("word number {}", i)).collect()
}

fn main() {
    let mut counts: HashMap<usize, Vec<String>> = HashMap::new();
    for word in words(1000) {
        counts.entry(word.len()).or_default().push(word);
    }
    let mut lengths: Vec<_> = counts.iter().map(|(length, words)| (*length, words.len())).collect();
    lengths.sort();
    for (length, count) in lengths {
        println!("{} {}", length, count);
    }
    panic::set_hook(Box::new(|_| {}));
    let caught = panic::catch_unwind(|| {
        let text = words(3);
        panic!("{}", text[2]);
    });
    println!("caught {}", caught.is_err());
    let held: Vec<Box<[u8; 100]>> = (0..500).map(|_| Box::new([1; 100])).collect();
    println!("held {}", held.len());
    std::process::exit(3);
}
