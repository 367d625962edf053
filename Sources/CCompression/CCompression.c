#include "CCompression.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT_SIZE = 64 * 1024 };

struct riskd_archive {
    int descriptor;
    int kind;
    long failure;
    bool input_ended;
    bool between_members;
    bool finished;
    uint64_t consumed;
    z_stream zlib;
    lzma_stream lzma;
    const uint8_t *next;
    size_t available;
    uint8_t input[INPUT_SIZE];
};

riskd_archive *riskd_archive_open(int descriptor, int kind) {
    riskd_archive *archive = calloc(1, sizeof *archive);
    if (!archive) return NULL;
    archive->descriptor = descriptor;
    archive->kind = kind;
    bool ready;
    if (kind == RISKD_ARCHIVE_GZIP) {
        ready = inflateInit2(&archive->zlib, 16 + MAX_WBITS) == Z_OK;
    } else {
        archive->lzma = (lzma_stream)LZMA_STREAM_INIT;
        ready = lzma_stream_decoder(&archive->lzma, UINT64_C(512) << 20, LZMA_CONCATENATED) == LZMA_OK;
    }
    if (!ready) {
        free(archive);
        return NULL;
    }
    return archive;
}

static bool fill(riskd_archive *archive) {
    if (archive->available > 0 || archive->input_ended) return true;
    ssize_t count;
    do count = read(archive->descriptor, archive->input, INPUT_SIZE);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        archive->failure = RISKD_ARCHIVE_UNREADABLE;
        return false;
    }
    archive->input_ended = count == 0;
    archive->next = archive->input;
    archive->available = (size_t)count;
    archive->consumed += (uint64_t)count;
    return true;
}

/* Between two gzip members: passes over the zeros with which tapes pad a file; true when another member follows. */
static bool another_member(riskd_archive *archive) {
    for (;;) {
        if (!fill(archive)) return false;
        if (archive->available == 0) {
            archive->finished = true;
            return false;
        }
        if (*archive->next != 0) break;
        archive->next++;
        archive->available--;
    }
    inflateReset(&archive->zlib);
    archive->between_members = false;
    return true;
}

static size_t read_gzip(riskd_archive *archive, uint8_t *bytes, size_t capacity) {
    z_stream *stream = &archive->zlib;
    stream->next_out = bytes;
    stream->avail_out = (uInt)capacity;
    while (stream->avail_out > 0 && archive->failure == 0 && !archive->finished) {
        if (archive->between_members && !another_member(archive)) break;
        if (!fill(archive)) break;
        if (archive->available == 0) {
            archive->failure = RISKD_ARCHIVE_CUT;
            break;
        }
        stream->next_in = (Bytef *)archive->next;
        stream->avail_in = (uInt)archive->available;
        int code = inflate(stream, Z_NO_FLUSH);
        archive->next = stream->next_in;
        archive->available = stream->avail_in;
        if (code == Z_STREAM_END) {
            archive->between_members = true;
        } else if (code == Z_MEM_ERROR) {
            archive->failure = RISKD_ARCHIVE_NO_MEMORY;
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            archive->failure = RISKD_ARCHIVE_CORRUPT;
        }
    }
    return capacity - stream->avail_out;
}

static size_t read_xz(riskd_archive *archive, uint8_t *bytes, size_t capacity) {
    lzma_stream *stream = &archive->lzma;
    stream->next_out = bytes;
    stream->avail_out = capacity;
    while (stream->avail_out > 0 && archive->failure == 0 && !archive->finished) {
        if (!fill(archive)) break;
        stream->next_in = archive->next;
        stream->avail_in = archive->available;
        lzma_ret code = lzma_code(stream, archive->input_ended ? LZMA_FINISH : LZMA_RUN);
        archive->next = stream->next_in;
        archive->available = stream->avail_in;
        switch (code) {
        case LZMA_OK: break;
        case LZMA_STREAM_END: archive->finished = true; break;
        case LZMA_BUF_ERROR: archive->failure = RISKD_ARCHIVE_CUT; break;
        case LZMA_MEM_ERROR:
        case LZMA_MEMLIMIT_ERROR: archive->failure = RISKD_ARCHIVE_NO_MEMORY; break;
        default: archive->failure = RISKD_ARCHIVE_CORRUPT; break;
        }
    }
    return capacity - stream->avail_out;
}

long riskd_archive_read(riskd_archive *archive, uint8_t *bytes, size_t capacity) {
    if (archive->failure != 0) return archive->failure;
    if (capacity > (size_t)1 << 30) capacity = (size_t)1 << 30;
    size_t count = archive->kind == RISKD_ARCHIVE_GZIP ? read_gzip(archive, bytes, capacity)
                                                       : read_xz(archive, bytes, capacity);
    return count > 0 ? (long)count : archive->failure;
}

uint64_t riskd_archive_consumed(const riskd_archive *archive) { return archive->consumed; }

void riskd_archive_close(riskd_archive *archive) {
    if (archive->kind == RISKD_ARCHIVE_GZIP) {
        inflateEnd(&archive->zlib);
    } else {
        lzma_end(&archive->lzma);
    }
    free(archive);
}
