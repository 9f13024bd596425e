#!/usr/bin/env bash
# Every option that a command's --help names is in the command's manual page, and every option that
# the page explains is one of the command's.
. "$(dirname "$0")/lib.sh"

have mandoc || have man || { echo "1..0 # SKIP neither mandoc nor man"; exit 0; }

# A page as plain text, each of its paragraphs' tags at the beginning of a line.
page() { # COMMAND
    local file=$srcdir/man/heapline-$1.1
    if have mandoc; then
        mandoc -T ascii "$file" | sed "s|.$(printf "\\b")||g"
    else
        man -l "$file" 2>/dev/null | sed "s|.$(printf "\\b")||g"
    fi
}

help_options() { # COMMAND: -o and --output, each on a line
    "$HEAPLINE" "$1" --help | sed -n '/^Options:/,$p' | grep -oE '^ {2,6}-[^ ].*' |
        grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '-{1,2}[a-zA-Z][a-z-]*' | sort -u
}

explained_options() { # COMMAND: those that begin a paragraph
    grep -oE '^ +(-[a-zA-Z], )?--[a-z-]+' | grep -oE -- '-{1,2}[a-zA-Z][a-z-]*' | sort -u
}

for command in run top diff info snapshot ps recover; do
    same "heapline-$command(1) explains exactly the options of --help" \
        "$(page $command | explained_options)" "$(help_options $command)"
done
for command in run top diff info snapshot ps recover help; do
    check "heapline(1) names $command" grep -qE "^\.It Cm $command( |\$)" "$srcdir/man/heapline.1"
done
finish
