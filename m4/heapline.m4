# HEAPLINE_HOST: sets ARCH, the folder of src/arch for the machine; stops where there is none.
AC_DEFUN([HEAPLINE_HOST], [
  AC_REQUIRE([AC_CANONICAL_HOST])
  AS_CASE([$host],
    [x86_64-*-linux-gnu], [ARCH=x86_64],
    [aarch64-*-linux-gnu], [ARCH=aarch64],
    [AC_MSG_ERROR([$host is not supported (supported: x86_64-linux-gnu, aarch64-linux-gnu)])])
  AC_SUBST([ARCH])
])

# HEAPLINE_GLIBC: the unwinder asks the loader for unwind tables without taking its lock.
AC_DEFUN([HEAPLINE_GLIBC], [
  AC_CACHE_CHECK([for _dl_find_object], [heapline_cv_dl_find_object],
    [AC_LINK_IFELSE(
      [AC_LANG_PROGRAM([[
#define _GNU_SOURCE
#include <dlfcn.h>
]], [[struct dl_find_object found; return _dl_find_object((void *)main, &found);]])],
      [heapline_cv_dl_find_object=yes], [heapline_cv_dl_find_object=no])])
  AS_IF([test "$heapline_cv_dl_find_object" = no],
    [AC_MSG_ERROR([_dl_find_object is missing: glibc 2.35 or newer is needed])])
])

# HEAPLINE_HEADER(HEADER, PACKAGE): a header without which nothing can be built.
AC_DEFUN([HEAPLINE_HEADER], [
  AC_CHECK_HEADER([$1], [], [AC_MSG_ERROR([$1 is missing (on Debian and Ubuntu: $2)])])
])

# HEAPLINE_CXX: whether the tests' C++ programs can be built.
AC_DEFUN([HEAPLINE_CXX], [
  AC_LANG_PUSH([C++])
  AC_CACHE_CHECK([whether $CXX works], [heapline_cv_cxx],
    [AC_LINK_IFELSE([AC_LANG_PROGRAM([#include <string>], [return std::string("x").size() - 1])],
      [heapline_cv_cxx=yes], [heapline_cv_cxx=no])])
  AC_LANG_POP([C++])
  AM_CONDITIONAL([HAVE_CXX], [test "$heapline_cv_cxx" = yes])
])

# HEAPLINE_ENABLE_WERROR: sets WERROR.
AC_DEFUN([HEAPLINE_ENABLE_WERROR], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [make every compiler warning an error])],
    [], [enable_werror=no])
  AS_IF([test "$enable_werror" = yes], [WERROR=-Werror], [WERROR=])
  AC_SUBST([WERROR])
])

# HEAPLINE_ENABLE_SANITIZERS: sets SANITIZE, which the command, its library and the unit tests are
# compiled with; and SANITIZE_TRACER, the same for the tracer, which lives in processes that are not
# built for it: only ThreadSanitizer, for a program that is linked with the tracer.
AC_DEFUN([HEAPLINE_ENABLE_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST],
      [build the command and the unit tests with -fsanitize=LIST @<:@address,undefined@:>@])],
    [], [enable_sanitizers=no])
  SANITIZE_TRACER=
  AS_CASE([$enable_sanitizers],
    [no], [SANITIZE=],
    [yes], [SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined"],
    [thread], [SANITIZE="-fsanitize=thread -Wno-tsan" SANITIZE_TRACER=$SANITIZE],
    [SANITIZE="-fsanitize=$enable_sanitizers -fno-sanitize-recover=undefined"])
  AC_SUBST([SANITIZE])
  AC_SUBST([SANITIZE_TRACER])
  AM_CONDITIONAL([SANITIZERS], [test -n "$SANITIZE"])
  AM_CONDITIONAL([THREAD_SANITIZER], [test -n "$SANITIZE_TRACER"])
])
