"""The calls of both headers from Python, by ctypes alone.

api.py preloaded SNAPSHOT-LIBRARY: the tracer is preloaded, and Python's blocks are traced.
api.py opened LIBRARY: the tracer is merely opened, too late to see malloc; tracked blocks are seen.
"""
import ctypes
import sys
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_size_t, c_uint64, c_void_p


class Count(ctypes.Structure):
    _fields_ = [("bytes", c_uint64), ("count", c_uint64)]


class Totals(ctypes.Structure):
    _fields_ = [("current", Count), ("peak", Count), ("total", Count), ("frees", c_uint64),
                ("temporary", c_uint64), ("failed", c_uint64)]


class Traceback(ctypes.Structure):
    _fields_ = [("frames", c_void_p), ("nframe", c_int), ("total_nframe", c_int)]


class Row(ctypes.Structure):
    _fields_ = [("traceback", Traceback), ("name", c_char_p), ("size", c_uint64),
                ("count", c_uint64), ("size_diff", ctypes.c_int64), ("count_diff", ctypes.c_int64),
                ("peak", Count), ("total", Count), ("temporary", c_uint64), ("is_diff", c_int)]


class Error(ctypes.Structure):
    _fields_ = [("code", c_int), ("os_errno", c_int), ("message", ctypes.c_char * 240)]


def traced_memory(tracer):
    current, peak = c_uint64(), c_uint64()
    tracer.heapline_get_traced_memory(byref(current), byref(peak))
    return current.value, peak.value


def top(snapshots, count):
    """The texts of the first rows by line, and the sizes of all rows."""
    snapshots.heapline_take_snapshot.restype = c_void_p
    snapshots.heapline_snapshot_statistics.restype = c_void_p
    snapshots.heapline_snapshot_statistics.argtypes = [c_void_p, c_int, ctypes.c_uint, c_void_p]
    snapshots.heapline_rows_get.restype = c_size_t
    snapshots.heapline_rows_get.argtypes = [c_void_p, c_void_p]
    snapshots.heapline_row_text.argtypes = [c_void_p, c_char_p, c_size_t]
    snapshots.heapline_rows_free.argtypes = [c_void_p]
    snapshots.heapline_snapshot_free.argtypes = [c_void_p]
    snapshot = snapshots.heapline_take_snapshot(0, None)
    rows = snapshots.heapline_snapshot_statistics(snapshot, 1, 0, None)
    first = POINTER(Row)()
    number = snapshots.heapline_rows_get(rows, byref(first))
    text = ctypes.create_string_buffer(512)
    lines = []
    for i in range(min(count, number)):
        snapshots.heapline_row_text(byref(first[i]), text, len(text))
        lines.append(text.value.decode())
    sizes = [first[i].size for i in range(number)]
    snapshots.heapline_rows_free(rows)
    snapshots.heapline_snapshot_free(snapshot)
    return lines, sizes


def preloaded(path):
    tracer, snapshots = ctypes.CDLL(None), ctypes.CDLL(path)
    error = Error()
    print("tracing", tracer.heapline_is_tracing(), *traced_memory(tracer))
    print("refused", tracer.heapline_start(0, byref(error)), error.code, error.message.decode())
    print("started", tracer.heapline_start(5, None), tracer.heapline_get_traceback_limit())
    kept = bytearray(1000000)
    current, peak = traced_memory(tracer)
    print("counted", current >= 1000000, peak >= current)
    lines, sizes = top(snapshots, 3)
    print("rows", len(lines), sizes == sorted(sizes, reverse=True), sizes[0] >= 1000000)
    print("\n".join("row " + line for line in lines))
    before = traced_memory(tracer)[0]
    del kept
    print("freed", traced_memory(tracer)[0] <= before - 1000000 + 1000)
    tracer.heapline_stop()
    print("stopped", tracer.heapline_is_tracing(), *traced_memory(tracer))


def opened(path):
    tracer = ctypes.CDLL(path)
    tracer.heapline_version.restype = c_char_p
    tracer.heapline_track.argtypes = [ctypes.c_uint, ctypes.c_size_t, c_size_t]
    totals = Totals()
    print("version", tracer.heapline_version().decode())
    print("off", tracer.heapline_track(7, 1, 100), tracer.heapline_get_totals(7, byref(totals)))
    tracer.heapline_start(1, None)
    print("tracked", tracer.heapline_track(7, 1, 100), tracer.heapline_track(7, 2, 11))
    tracer.heapline_get_totals(7, byref(totals))
    print("totals", totals.current.bytes, totals.current.count)
    tracer.heapline_get_totals(0, byref(totals))
    print("malloc", totals.total.bytes)
    tracer.heapline_stop()


{"preloaded": preloaded, "opened": opened}[sys.argv[1]](sys.argv[2])
