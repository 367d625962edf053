// ONNX Runtime, loaded at run time from a path: our own few declarations instead of its headers, so that riskd
// builds without it and runs with any version whose C API reaches back to number 14 (1.14, 2023).
//
// Functions that can fail write a sentence into `error` (always terminated, cut to `capacity` bytes).
#ifndef COnnxRuntime_h
#define COnnxRuntime_h

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A loaded library with its environment. Immutable once open; any thread may use it.
typedef struct onnx_runtime onnx_runtime;

/// A loaded model. Immutable once open; several threads may run it at once.
typedef struct onnx_session onnx_session;

/// Why opening or running did not work.
typedef enum onnx_failure {
    onnx_failure_none = 0,
    /// dlopen refused.
    onnx_failure_library,
    /// The library has no ONNX Runtime interface, or one that is too old.
    onnx_failure_interface,
    /// ONNX Runtime said no.
    onnx_failure_runtime,
} onnx_failure;

/// One side of a model: its only input or its first output.
typedef struct onnx_port {
    /// Lives as long as the session.
    const char *_Nonnull name;
    /// ONNX's element type; 1 is float32. 0 when the value is no tensor.
    int32_t element;
    size_t rank;
    /// -1 where the model leaves a dimension free. Lives as long as the session.
    const int64_t *_Nullable dimensions;
} onnx_port;

/// What a model answered: `count` numbers at `data` until released.
typedef struct onnx_output {
    const float *_Nullable data;
    size_t count;
    void *_Nullable value;
} onnx_output;

onnx_failure onnx_runtime_open(const char *_Nonnull path, onnx_runtime *_Nullable *_Nonnull out,
                               char *_Nonnull error, size_t capacity);
/// ONNX Runtime's version, such as 1.23.2.
const char *_Nonnull onnx_runtime_version(const onnx_runtime *_Nonnull runtime);
/// Sessions must be closed before.
void onnx_runtime_close(onnx_runtime *_Nonnull runtime);

onnx_failure onnx_session_open(const onnx_runtime *_Nonnull runtime, const char *_Nonnull path,
                               onnx_session *_Nullable *_Nonnull out, char *_Nonnull error, size_t capacity);
size_t onnx_session_input_count(const onnx_session *_Nonnull session);
size_t onnx_session_output_count(const onnx_session *_Nonnull session);
/// The first input; only when there is one.
onnx_port onnx_session_input(const onnx_session *_Nonnull session);
/// The first output; only when there is one.
onnx_port onnx_session_output(const onnx_session *_Nonnull session);
void onnx_session_close(onnx_session *_Nonnull session);

/// Runs the first input to the first output; both must be float32 tensors. `count` is the product of `shape`.
onnx_failure onnx_session_run(const onnx_session *_Nonnull session, const float *_Nonnull input, size_t count,
                              const int64_t *_Nonnull shape, size_t rank, onnx_output *_Nonnull out,
                              char *_Nonnull error, size_t capacity);
void onnx_output_release(const onnx_session *_Nonnull session, onnx_output *_Nonnull output);

#endif
