# One folder a machine; configure chooses (ARCH), the include path does the rest.
arch_headers = \
	src/arch/aarch64/arch.h \
	src/arch/aarch64/arch_context.h \
	src/arch/aarch64/arch_syscall.h \
	src/arch/aarch64/arch_unwind.h \
	src/arch/x86_64/arch.h \
	src/arch/x86_64/arch_context.h \
	src/arch/x86_64/arch_syscall.h \
	src/arch/x86_64/arch_unwind.h
