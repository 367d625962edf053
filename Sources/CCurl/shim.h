// libcurl's variadic calls, which Swift cannot see, each with the one type of argument that it is used with.
#ifndef CCurl_shim_h
#define CCurl_shim_h

#include <curl/curl.h>

typedef size_t (*curl_data_callback)(char *_Nonnull data, size_t size, size_t count, void *_Nonnull context);
typedef curl_socket_t (*curl_open_callback)(void *_Nonnull context, curlsocktype purpose,
                                            struct curl_sockaddr *_Nonnull address);

// curl_easy_setopt
static inline CURLcode curl_set_text(CURL *_Nonnull handle, CURLoption option, const char *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_number(CURL *_Nonnull handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_size(CURL *_Nonnull handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_pointer(CURL *_Nonnull handle, CURLoption option, void *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_list(CURL *_Nonnull handle, CURLoption option, struct curl_slist *_Nullable value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_data_callback(CURL *_Nonnull handle, CURLoption option,
                                              curl_data_callback _Nonnull value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode curl_set_open_callback(CURL *_Nonnull handle, curl_open_callback _Nonnull value) {
    return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}

// curl_multi_setopt
static inline CURLMcode curl_multi_set_number(CURLM *_Nonnull multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// curl_easy_getinfo
static inline CURLcode curl_get_number(CURL *_Nonnull handle, CURLINFO info, long *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_get_text(CURL *_Nonnull handle, CURLINFO info, char *_Nullable *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_get_pointer(CURL *_Nonnull handle, CURLINFO info, void *_Nullable *_Nonnull value) {
    return curl_easy_getinfo(handle, info, value);
}
static inline CURLcode curl_get_socket(CURL *_Nonnull handle, curl_socket_t *_Nonnull value) {
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, value);
}

/// How a transfer ended, out of a message of curl_multi_info_read: its result lies in a union.
static inline CURLcode curl_message_result(const CURLMsg *_Nonnull message) { return message->data.result; }

// A macro with a cast.
static const curl_socket_t curl_no_socket = CURL_SOCKET_BAD;

#endif
