/* The facts about one snapshot. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "analysis/domains.h"
#include "analysis/report_rows.h"
#include "analysis/size_text.h"
#include "snapshot/notes.h"

/* How the process ended; NULL: unknown. */
static const char *ended_text(const struct image *image, char *buf, size_t size) {
    switch (image->end) {
    case IMAGE_RUNNING:
        return "running";
    case IMAGE_EXITED:
        snprintf(buf, size, "exit %u", image->end_status);
        return buf;
    case IMAGE_SIGNALED:
        snprintf(buf, size, "signal %u", image->end_status);
        return buf;
    case IMAGE_REPLACED:
        return "replaced by exec";
    default:
        return NULL;
    }
}

/* Distinct paths: sites of one path differ in domain or type. */
static uint64_t count_paths(const struct image *image) {
    uint8_t *seen = calloc(image->node_count + 1, 1);
    uint64_t count = 0;
    for (uint32_t i = 0; seen && i < image->site_count; i++)
        count += !seen[image->sites[i].node]++;
    free(seen);
    return count;
}

/* --- JSON --- */

static void put_domains(struct json *j, const struct image *image) {
    size_t count = 0;
    struct domain *domains = domains_of(image, &count);
    json_open(j, "domains", '[');
    for (size_t i = 0; i < count; i++) {
        json_open(j, NULL, '{');
        json_number(j, "id", domains[i].id);
        json_text(j, "name", domains[i].name);
        report_json_count(j, "current", &domains[i].totals.current);
        report_json_count(j, "peak", &domains[i].totals.peak);
        report_json_count(j, "total", &domains[i].totals.total);
        json_close(j, '}');
    }
    json_close(j, ']');
    free(domains);
}

static void put_labels(struct json *j, const struct image *image) {
    json_open(j, "labels", '[');
    for (uint32_t i = 0; i < image->label_count; i++) {
        json_open(j, NULL, '{');
        json_text(j, "name", image->labels[i].name);
        json_text(j, "value", image->labels[i].value);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_modules(struct json *j, const struct image *image) {
    json_open(j, "modules", '[');
    for (uint32_t i = 1; i < image->module_count; i++) {
        const struct image_module *m = &image->modules[i];
        json_open(j, NULL, '{');
        json_text(j, "path", m->path);
        json_hex(j, "build_id", m->build_id, m->build_id_size);
        json_address(j, "start", m->start);
        json_address(j, "end", m->end);
        json_close(j, '}');
    }
    json_close(j, ']');
}

static void put_process(struct json *j, const struct image *image) {
    char ended[32];
    json_number(j, "pid", image->pid);
    json_texts(j, "command", image->command, image->command_count);
    json_text(j, "exe", image->exe);
    json_time(j, "start", image->start_time);
    json_time(j, "end", image->end_time);
    json_text(j, "ended", ended_text(image, ended, sizeof ended));
}

static void put_totals(struct json *j, const struct image *image) {
    struct heapline_totals totals;
    image_totals(image, 1, 0, &totals);
    report_json_count(j, "current", &totals.current);
    report_json_count(j, "peak", &totals.peak);
    report_json_count(j, "total", &totals.total);
    json_number(j, "frees", totals.frees);
    json_number(j, "temporary", totals.temporary);
    json_number(j, "failed", totals.failed);
}

static void print_json(FILE *out, const struct image *image) {
    struct json j = {.out = out};
    json_open(&j, NULL, '{');
    json_number(&j, "schema", 1);
    put_process(&j, image);
    put_totals(&j, image);
    json_number(&j, "call_paths", count_paths(image));
    json_number(&j, "nframe", image->nframe);
    json_number(&j, "threads", image->threads);
    json_open(&j, "tracer", '{');
    if (image->tracer_bytes)
        json_number(&j, "bytes", image->tracer_bytes);
    else
        json_null(&j, "bytes");
    json_close(&j, '}');
    put_domains(&j, image);
    put_labels(&j, image);
    report_json_gc(&j, image);
    if (image->live) {
        json_open(&j, "live", '{');
        json_number(&j, "events_during_read", image->events_during_read);
        json_close(&j, '}');
    } else {
        json_null(&j, "live");
    }
    report_json_not_seen(&j, "not_seen", image);
    put_modules(&j, image);
    json_close(&j, '}');
    putc('\n', out);
}

/* --- Text --- */

static void put_count(FILE *out, const char *label, const struct heapline_count *count) {
    char text[SIZE_TEXT_MAX];
    fprintf(out, "%-11s%s in %" PRIu64 " blocks (%" PRIu64 " bytes)\n", label,
            size_text(text, (double)count->bytes, 0), count->count, count->bytes);
}

static void put_time(FILE *out, const char *label, uint64_t ns) {
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm local;
    char text[64];
    if (ns && localtime_r(&seconds, &local) && strftime(text, sizeof text, "%F %T %z", &local))
        fprintf(out, "%-11s%s\n", label, text);
}

static void put_process_text(FILE *out, const struct image *image) {
    char buf[32];
    const char *ended = ended_text(image, buf, sizeof buf);
    fprintf(out, "process    %u, %s\ncommand   ", image->pid, ended ? ended : "end unknown");
    for (uint32_t i = 0; i < image->command_count; i++) {
        putc(' ', out);
        report_put_text(out, image->command[i]);
    }
    fputs("\nexecutable ", out);
    report_put_text(out, image->exe ? image->exe : "unknown");
    putc('\n', out);
    put_time(out, "started", image->start_time);
    put_time(out, image->live ? "seen" : "ended", image->end_time);
}

static void put_totals_text(FILE *out, const struct image *image) {
    struct heapline_totals totals;
    char text[SIZE_TEXT_MAX];
    image_totals(image, 1, 0, &totals);
    put_count(out, "current", &totals.current);
    put_count(out, "peak", &totals.peak);
    put_count(out, "total", &totals.total);
    fprintf(out, "frees      %" PRIu64 ", of temporary blocks %" PRIu64 "\n", totals.frees,
            totals.temporary);
    fprintf(out, "failed     %" PRIu64 "\n", totals.failed);
    fprintf(out, "call paths %" PRIu64, count_paths(image));
    if (image->nframe)
        fprintf(out, ", merged by their innermost %u frames", image->nframe);
    fprintf(out, "\nthreads    %" PRIu64 "\n", image->threads);
    fprintf(out, "tracer     %s\n",
            image->tracer_bytes ? size_text(text, (double)image->tracer_bytes, 0) : "unknown");
    if (image->live)
        fprintf(out, "live       %" PRIu64 " events while it was read\n",
                image->events_during_read);
}

/* Where there is another than malloc's. */
static void put_domains_text(FILE *out, const struct image *image) {
    size_t count = 0;
    struct domain *domains = domains_of(image, &count);
    for (size_t i = 0; count > 1 && i < count; i++) {
        const struct heapline_count *current = &domains[i].totals.current;
        char text[SIZE_TEXT_MAX];
        fprintf(out, "domain %u (", domains[i].id);
        report_put_text(out, domains[i].name ? domains[i].name : "unnamed");
        fprintf(out, "): current %s in %" PRIu64 " blocks\n",
                size_text(text, (double)current->bytes, 0), current->count);
    }
    free(domains);
}

static void put_labels_text(FILE *out, const struct image *image) {
    for (uint32_t i = 0; i < image->label_count; i++) {
        fputs("label      ", out);
        report_put_text(out, image->labels[i].name);
        fputs(": ", out);
        report_put_text(out, image->labels[i].value);
        putc('\n', out);
    }
}

static void put_modules_text(FILE *out, const struct image *image) {
    fputs("modules\n", out);
    for (uint32_t i = 1; i < image->module_count; i++) {
        const struct image_module *m = &image->modules[i];
        fprintf(out, "  %12" PRIx64 "-%12" PRIx64 " ", m->start, m->end);
        report_put_text(out, m->path ? m->path : "");
        fputs(m->build_id_size ? " " : " (no build-id)", out);
        for (uint32_t b = 0; b < m->build_id_size; b++)
            fprintf(out, "%02x", m->build_id[b]);
        putc('\n', out);
    }
}

void report_print_info(FILE *out, const struct image *image, enum report_format format) {
    if (format == REPORT_JSON) {
        print_json(out, image);
        return;
    }
    put_process_text(out, image);
    put_totals_text(out, image);
    put_labels_text(out, image);
    put_domains_text(out, image);
    report_put_gc(out, image);
    report_print_not_seen(out, image);
    put_modules_text(out, image);
}
