// What jemalloc is told in programs that link it.

extern "C" {

// Buffers of megabytes come and go by the thousand. An arena for each processor instead of four,
// and a second instead of ten until free pages go back to the kernel, keep a third less of them;
// those of more than 8 MiB are kept for that second like all others, or each batch of a put would
// have its pages zeroed anew (docs/performance.md).
extern const char* malloc_conf;
const char* malloc_conf =
    "percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0,oversize_threshold:0";

}  // extern "C"
