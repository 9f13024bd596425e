/* Loads the plug-in argv[1] and runs its main. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *library = argc == 2 ? dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL) : NULL;
    int (*plugin_main)(void) = NULL;
    if (library != NULL)
        *(void **)&plugin_main = dlsym(library, "main");
    if (plugin_main == NULL) {
        puts(dlerror());
        return 1;
    }
    return plugin_main();
}
