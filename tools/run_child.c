#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "run_child.h"
#include "snapshot/process.h"

/* What the program must find as if it had been started by our parent. */
struct dispositions {
    sigset_t mask;
    struct sigaction chld;
};

/* Blocked, not ignored or handled: the program inherits the dispositions untouched. */
static int signals_open(struct dispositions *before) {
    static const int numbers[] = {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        sigaddset(&set, numbers[i]);
    sigprocmask(SIG_BLOCK, &set, &before->mask);
    struct sigaction keep_status = {.sa_handler = SIG_DFL}; /* where it is ignored there is none */
    sigaction(SIGCHLD, &keep_status, &before->chld);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void become(const struct dispositions *before, char **argv, char **env, int report) {
    sigaction(SIGCHLD, &before->chld, NULL);
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
    execvpe(argv[0], argv, env);
    int error = errno;
    ssize_t n = write(report, &error, sizeof error);
    _exit(n == sizeof error ? 127 : 125);
}

/* The pipe closes when exec succeeds, else it brings errno. */
static int read_exec_error(int report) {
    int error = 0;
    ssize_t n;
    do
        n = read(report, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    close(report);
    return n == sizeof error ? error : 0;
}

uint64_t run_child_file_limit(void) {
    struct rlimit limit, none = {RLIM_INFINITY, RLIM_INFINITY};
    if (getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_max == RLIM_INFINITY)
        return UINT64_MAX;
    if (setrlimit(RLIMIT_FSIZE, &none))
        return limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit); /* the program is to have it as it was */
    return UINT64_MAX;
}

/* What we lend and write is not the program's: we take the largest files that we may make. */
static void lift_file_size_limit(void) {
    struct rlimit limit, none = {RLIM_INFINITY, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    if (!setrlimit(RLIMIT_FSIZE, &none) || getrlimit(RLIMIT_FSIZE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

int run_child_start(struct run_child *child, char **argv, char **env, run_child_prepare *prepare) {
    struct dispositions before;
    int report[2];
    *child = (struct run_child){.signals = signals_open(&before)};
    if (child->signals < 0 || pipe2(report, O_CLOEXEC))
        return errno;
    child->pid = fork();
    if (child->pid < 0)
        return errno;
    if (child->pid == 0) {
        if (prepare)
            prepare(env);
        become(&before, argv, env, report[1]);
    }
    signal(SIGPIPE, SIG_IGN); /* a lost stderr must not cost the program's status */
    lift_file_size_limit();
    close(report[1]);
    child->start_ticks = process_start_ticks((uint32_t)child->pid);
    int error = read_exec_error(report[0]);
    if (error)
        waitpid(child->pid, NULL, 0);
    return error;
}

/* SIGSTOP alone may be somebody's who will continue the program and not us. */
static void stop_with(struct run_child *child, int signal) {
    int by_terminal = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
    if (!by_terminal && !child->stop_requested)
        return;
    child->stop_requested = 0;
    raise(SIGSTOP);
}

static void reap(struct run_child *child) {
    int status;
    while (!child->ended && waitpid(child->pid, &status, WNOHANG | WUNTRACED) == child->pid)
        if (WIFSTOPPED(status)) {
            stop_with(child, WSTOPSIG(status));
        } else {
            child->ended = 1;
            child->status = status;
        }
}

/* What the terminal sends, the program has got itself. */
static void forward(const struct run_child *child, const struct signalfd_siginfo *info) {
    int is_known = info->ssi_code == SI_KERNEL || info->ssi_pid == (uint32_t)child->pid;
    if (!child->ended && !is_known)
        kill(child->pid, (int)info->ssi_signo);
}

static void handle(struct run_child *child, const struct signalfd_siginfo *info) {
    switch (info->ssi_signo) {
    case SIGCHLD:
        reap(child);
        break;
    case SIGTSTP:
    case SIGCONT:
        child->stop_requested = info->ssi_signo == SIGTSTP;
        forward(child, info);
        break;
    case SIGTERM:
    case SIGHUP:
        forward(child, info);
        break;
    default: /* SIGINT, SIGQUIT: the program's own affair */
        break;
    }
}

void run_child_wait(struct run_child *child, int timeout_ms, int other) {
    struct pollfd fds[] = {{.fd = child->signals, .events = POLLIN},
                           {.fd = other, .events = POLLIN}};
    struct signalfd_siginfo info;
    if (poll(fds, 2, timeout_ms) <= 0)
        return;
    while (read(child->signals, &info, sizeof info) == sizeof info)
        handle(child, &info);
}

int run_child_exit_status(const struct run_child *child) {
    return WIFSIGNALED(child->status) ? 128 + WTERMSIG(child->status) : WEXITSTATUS(child->status);
}
