#include "COnnxRuntime.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

enum { api_version = 14, level_error = 3, optimise_extended = 2, arena_allocator = 0, default_memory = 0, float32 = 1 };

// The C API is a table that only ever grows at its end, so a slot's number never changes.
enum slot {
    GetErrorMessage = 2,
    CreateEnv = 3,
    CreateSession = 7,
    Run = 9,
    CreateSessionOptions = 10,
    SetSessionGraphOptimizationLevel = 23,
    SetIntraOpNumThreads = 24,
    SetInterOpNumThreads = 25,
    SessionGetInputCount = 30,
    SessionGetOutputCount = 31,
    SessionGetInputTypeInfo = 33,
    SessionGetOutputTypeInfo = 34,
    SessionGetInputName = 36,
    SessionGetOutputName = 37,
    CreateTensorWithDataAsOrtValue = 49,
    IsTensor = 50,
    GetTensorMutableData = 51,
    CastTypeInfoToTensorInfo = 55,
    GetTensorElementType = 60,
    GetDimensionsCount = 61,
    GetDimensions = 62,
    GetTensorShapeElementCount = 64,
    GetTensorTypeAndShape = 65,
    CreateCpuMemoryInfo = 69,
    AllocatorFree = 76,
    GetAllocatorWithDefaultOptions = 78,
    ReleaseEnv = 92,
    ReleaseStatus = 93,
    ReleaseMemoryInfo = 94,
    ReleaseSession = 95,
    ReleaseValue = 96,
    ReleaseTypeInfo = 98,
    ReleaseTensorTypeAndShapeInfo = 99,
    ReleaseSessionOptions = 100,
};

typedef void *status;
typedef void (*function)(void);

struct api_base {
    const function *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
};

struct onnx_runtime {
    const function *api;
    const char *version;
    void *environment;
    void *memory;
    void *allocator;
};

struct onnx_session {
    const onnx_runtime *runtime;
    void *session;
    size_t input_count, output_count;
    onnx_port input, output;
};

// Calls a slot that returns a status (null is success). Every argument must have the exact type of the C API.
#define CALL(runtime, slot, types, ...) (((status(*) types)(runtime)->api[slot])(__VA_ARGS__))

static void release(const onnx_runtime *runtime, enum slot slot, void *object) {
    if (object) ((void (*)(void *))runtime->api[slot])(object);
}

// Turns a status into text and releases it.
static bool failed(const onnx_runtime *runtime, status result, char *error, size_t capacity) {
    if (!result) return false;
    const char *text = ((const char *(*)(const void *))runtime->api[GetErrorMessage])(result);
    snprintf(error, capacity, "%s", text ? text : "no reason given");
    release(runtime, ReleaseStatus, result);
    return true;
}

onnx_failure onnx_runtime_open(const char *path, onnx_runtime **out, char *error, size_t capacity) {
    *out = NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *reason = dlerror();
        snprintf(error, capacity, "%s", reason ? reason : "dlopen gave no reason");
        return onnx_failure_library;
    }
    const struct api_base *(*get_base)(void) = (const struct api_base *(*)(void))dlsym(library, "OrtGetApiBase");
    if (!get_base) {
        snprintf(error, capacity, "it does not export OrtGetApiBase");
        dlclose(library);
        return onnx_failure_interface;
    }
    // From here on the library stays mapped for good: its threads and static destructors do not survive dlclose.
    const struct api_base *base = get_base();
    const function *api = base ? base->get_api(api_version) : NULL;
    if (!api) {
        snprintf(error, capacity, "version %s does not offer C API %d", base ? base->get_version() : "?", api_version);
        return onnx_failure_interface;
    }
    onnx_runtime *runtime = calloc(1, sizeof *runtime);
    if (!runtime) {
        snprintf(error, capacity, "out of memory");
        return onnx_failure_runtime;
    }
    runtime->api = api;
    runtime->version = base->get_version();
    if (failed(runtime, CALL(runtime, CreateEnv, (int, const char *, void **), level_error, "riskd", &runtime->environment),
               error, capacity)
        || failed(runtime, CALL(runtime, CreateCpuMemoryInfo, (int, int, void **), arena_allocator, default_memory,
                                &runtime->memory), error, capacity)
        || failed(runtime, CALL(runtime, GetAllocatorWithDefaultOptions, (void **), &runtime->allocator), error,
                  capacity)) {
        onnx_runtime_close(runtime);
        return onnx_failure_runtime;
    }
    *out = runtime;
    return onnx_failure_none;
}

const char *onnx_runtime_version(const onnx_runtime *runtime) { return runtime->version; }

void onnx_runtime_close(onnx_runtime *runtime) {
    // The default allocator belongs to the library.
    release(runtime, ReleaseMemoryInfo, runtime->memory);
    release(runtime, ReleaseEnv, runtime->environment);
    free(runtime);
}

static void free_port(const onnx_runtime *runtime, onnx_port *port) {
    if (port->name) {
        status freed = CALL(runtime, AllocatorFree, (void *, void *), runtime->allocator, (void *)port->name);
        release(runtime, ReleaseStatus, freed);
    }
    free((void *)port->dimensions);
}

static bool read_port(const onnx_session *session, enum slot name_slot, enum slot type_slot, onnx_port *port,
                      char *error, size_t capacity) {
    const onnx_runtime *runtime = session->runtime;
    char *name = NULL;
    if (failed(runtime, CALL(runtime, name_slot, (const void *, size_t, void *, char **), session->session, 0,
                             runtime->allocator, &name), error, capacity)) return false;
    port->name = name;
    void *type = NULL;
    if (failed(runtime, CALL(runtime, type_slot, (const void *, size_t, void **), session->session, 0, &type), error,
               capacity)) return false;
    // Owned by `type`; null when the value is a sequence or a map.
    const void *tensor = NULL;
    bool read = !failed(runtime, CALL(runtime, CastTypeInfoToTensorInfo, (const void *, const void **), type, &tensor),
                        error, capacity);
    if (read && tensor) {
        int element = 0;
        size_t rank = 0;
        int64_t *dimensions = NULL;
        read = !failed(runtime, CALL(runtime, GetTensorElementType, (const void *, int *), tensor, &element), error,
                       capacity)
            && !failed(runtime, CALL(runtime, GetDimensionsCount, (const void *, size_t *), tensor, &rank), error,
                       capacity);
        if (read && rank) {
            dimensions = calloc(rank, sizeof *dimensions);
            port->dimensions = dimensions;
            if (!dimensions) {
                snprintf(error, capacity, "out of memory");
                read = false;
            } else {
                read = !failed(runtime, CALL(runtime, GetDimensions, (const void *, int64_t *, size_t), tensor,
                                             dimensions, rank), error, capacity);
            }
        }
        port->element = element;
        port->rank = rank;
    }
    release(runtime, ReleaseTypeInfo, type);
    return read;
}

static bool open_session(onnx_session *session, const char *path, void *options, char *error, size_t capacity) {
    const onnx_runtime *runtime = session->runtime;
    return !failed(runtime, CALL(runtime, SetIntraOpNumThreads, (void *, int), options, 1), error, capacity)
        && !failed(runtime, CALL(runtime, SetInterOpNumThreads, (void *, int), options, 1), error, capacity)
        // One level below "all": that one lays tensors out by the processor it finds.
        && !failed(runtime, CALL(runtime, SetSessionGraphOptimizationLevel, (void *, int), options, optimise_extended),
                   error, capacity)
        && !failed(runtime, CALL(runtime, CreateSession, (void *, const char *, const void *, void **),
                                 runtime->environment, path, options, &session->session), error, capacity)
        && !failed(runtime, CALL(runtime, SessionGetInputCount, (const void *, size_t *), session->session,
                                 &session->input_count), error, capacity)
        && !failed(runtime, CALL(runtime, SessionGetOutputCount, (const void *, size_t *), session->session,
                                 &session->output_count), error, capacity)
        && (session->input_count == 0
            || read_port(session, SessionGetInputName, SessionGetInputTypeInfo, &session->input, error, capacity))
        && (session->output_count == 0
            || read_port(session, SessionGetOutputName, SessionGetOutputTypeInfo, &session->output, error, capacity));
}

onnx_failure onnx_session_open(const onnx_runtime *runtime, const char *path, onnx_session **out, char *error,
                               size_t capacity) {
    *out = NULL;
    onnx_session *session = calloc(1, sizeof *session);
    if (!session) {
        snprintf(error, capacity, "out of memory");
        return onnx_failure_runtime;
    }
    session->runtime = runtime;
    void *options = NULL;
    bool opened = !failed(runtime, CALL(runtime, CreateSessionOptions, (void **), &options), error, capacity)
        && open_session(session, path, options, error, capacity);
    release(runtime, ReleaseSessionOptions, options);
    if (!opened) {
        onnx_session_close(session);
        return onnx_failure_runtime;
    }
    *out = session;
    return onnx_failure_none;
}

size_t onnx_session_input_count(const onnx_session *session) { return session->input_count; }

size_t onnx_session_output_count(const onnx_session *session) { return session->output_count; }

onnx_port onnx_session_input(const onnx_session *session) { return session->input; }

onnx_port onnx_session_output(const onnx_session *session) { return session->output; }

void onnx_session_close(onnx_session *session) {
    free_port(session->runtime, &session->input);
    free_port(session->runtime, &session->output);
    release(session->runtime, ReleaseSession, session->session);
    free(session);
}

// Says where the numbers of a float32 tensor are.
static bool read_output(const onnx_runtime *runtime, onnx_output *output, char *error, size_t capacity) {
    int is_tensor = 0, element = 0;
    if (failed(runtime, CALL(runtime, IsTensor, (const void *, int *), output->value, &is_tensor), error, capacity))
        return false;
    if (!is_tensor) {
        snprintf(error, capacity, "the output is not a tensor");
        return false;
    }
    void *info = NULL;
    bool read = !failed(runtime, CALL(runtime, GetTensorTypeAndShape, (const void *, void **), output->value, &info),
                        error, capacity)
        && !failed(runtime, CALL(runtime, GetTensorElementType, (const void *, int *), info, &element), error, capacity)
        && !failed(runtime, CALL(runtime, GetTensorShapeElementCount, (const void *, size_t *), info, &output->count),
                   error, capacity);
    release(runtime, ReleaseTensorTypeAndShapeInfo, info);
    if (read && element != float32) {
        snprintf(error, capacity, "the output is not float32");
        return false;
    }
    void *data = NULL;
    read = read
        && !failed(runtime, CALL(runtime, GetTensorMutableData, (void *, void **), output->value, &data), error,
                   capacity);
    output->data = data;
    return read;
}

onnx_failure onnx_session_run(const onnx_session *session, const float *input, size_t count, const int64_t *shape,
                              size_t rank, onnx_output *out, char *error, size_t capacity) {
    const onnx_runtime *runtime = session->runtime;
    *out = (onnx_output){0};
    void *value = NULL;
    // The tensor borrows `input`, which ONNX Runtime only reads.
    if (failed(runtime, CALL(runtime, CreateTensorWithDataAsOrtValue,
                             (const void *, void *, size_t, const int64_t *, size_t, int, void **), runtime->memory,
                             (void *)input, count * sizeof *input, shape, rank, float32, &value), error, capacity))
        return onnx_failure_runtime;
    const void *inputs[] = {value};
    bool ran = !failed(runtime, CALL(runtime, Run,
                                     (void *, const void *, const char *const *, const void *const *, size_t,
                                      const char *const *, size_t, void **), session->session, NULL,
                                     &session->input.name, inputs, 1, &session->output.name, 1, &out->value),
                       error, capacity)
        && read_output(runtime, out, error, capacity);
    release(runtime, ReleaseValue, value);
    if (!ran) {
        onnx_output_release(session, out);
        return onnx_failure_runtime;
    }
    return onnx_failure_none;
}

void onnx_output_release(const onnx_session *session, onnx_output *output) {
    release(session->runtime, ReleaseValue, output->value);
    *output = (onnx_output){0};
}
