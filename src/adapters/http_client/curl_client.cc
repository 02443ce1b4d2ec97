#include "adapters/http_client/curl_client.h"

#include <curl/curl.h>

#include <charconv>

namespace tritontube::http_client {

namespace {

constexpr long kConnectSeconds = 10;

// A call under way: what libcurl calls back with.
struct Exchange {
  const Call& call;
  const std::atomic<bool>& stop;
  Answer answer = {};
  bool head_told = false;
  // The error of one of the call's own functions, or of ours.
  Result<void> result = {};

  bool TakesBody() const { return call.sink && answer.status >= 200 && answer.status < 300; }
};

// One line of the head. A new status line begins a new answer (100, then 200).
std::size_t OnHeader(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  std::string_view line(data, size);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    exchange.answer = {};
    const std::string_view status = line.substr(std::min(line.find(' ') + 1, line.size()));
    std::from_chars(status.data(), status.data() + status.size(), exchange.answer.status);
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    const std::string_view value = line.substr(colon + 1);
    const std::size_t begin = std::min(value.find_first_not_of(" \t"), value.size());
    exchange.answer.headers.Add(line.substr(0, colon), value.substr(begin));
  }
  return size;
}

Result<void> TellHead(Exchange& exchange) {
  if (std::exchange(exchange.head_told, true) || !exchange.call.on_head) return {};
  return exchange.call.on_head(exchange.answer.status, exchange.answer.headers);
}

Result<void> TakeBody(Exchange& exchange, std::string_view bytes) {
  TT_RETURN_IF_ERROR(TellHead(exchange));
  if (exchange.TakesBody()) return exchange.call.sink(bytes);
  if (exchange.answer.body.size() + bytes.size() > kAnswerBytesMax) {
    return Fail(ErrorCode::kResourceExhausted, "the server's answer is larger than any of ours");
  }
  exchange.answer.body += bytes;
  return {};
}

std::size_t OnBody(char* data, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.result = TakeBody(exchange, {data, size});
  return exchange.result ? size : CURL_WRITEFUNC_ERROR;
}

std::size_t OnRead(char* buffer, std::size_t /*one*/, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const Result<std::size_t> read = exchange.call.file->read({buffer, size});
  if (read) return *read;
  exchange.result = std::unexpected(read.error());
  return CURL_READFUNC_ABORT;
}

int OnProgress(void* user, curl_off_t total, curl_off_t received, curl_off_t /*upload_total*/,
               curl_off_t sent) {
  const auto& exchange = *static_cast<const Exchange*>(user);
  if (exchange.call.progress) {
    Transfer transfer{.sent = static_cast<ByteCount>(sent),
                      .received = static_cast<ByteCount>(received)};
    if (total > 0) transfer.receive_total = static_cast<ByteCount>(total);
    exchange.call.progress(transfer);
  }
  return exchange.stop && !exchange.call.although_stopped ? 1 : 0;
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

List HeaderLines(const Call& call) {
  List list;
  const auto add = [&list](const std::string& line) {
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    TT_ASSERT(longer != nullptr, "out of memory");
    Ignore(list.release(), "it is the beginning of the longer one");
    list.reset(longer);
  };
  for (const http::Header& header : call.headers.all()) {
    add(fmt::format("{}: {}", header.name, header.value));
  }
  // What curl says of a body by itself is that of a form.
  if (!call.headers.Has("Content-Type")) add("Content-Type: application/octet-stream");
  return list;
}

bool IsLoopback(std::string_view server) {
  const std::string_view host = server.substr(server.find("://") + 3);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

void SetBody(CURL* handle, const Call& call) {
  if (call.file) {
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.file->size));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, OnRead);
  } else if (call.method == "POST" || !call.body.empty()) {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, call.body.c_str());
  }
  if (call.method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
}

void SetUp(CURL* handle, const std::string& server, const Call& call, Exchange& exchange,
           const curl_slist* headers) {
  curl_easy_reset(handle);
  const auto set = [handle](CURLoption option, auto value) {
    curl_easy_setopt(handle, option, value);
  };
  set(CURLOPT_URL, (server + call.path).c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // A proxy of the environment is for other machines.
  if (IsLoopback(server)) set(CURLOPT_PROXY, "");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(call.stall_time.count()));
  set(CURLOPT_USERAGENT, "tritontube");
  set(CURLOPT_HTTPHEADER, headers);
  SetBody(handle, call);
  set(CURLOPT_CUSTOMREQUEST, call.method.c_str());
  set(CURLOPT_READDATA, &exchange);
  set(CURLOPT_HEADERFUNCTION, OnHeader);
  set(CURLOPT_HEADERDATA, &exchange);
  set(CURLOPT_WRITEFUNCTION, OnBody);
  set(CURLOPT_WRITEDATA, &exchange);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, OnProgress);
  set(CURLOPT_XFERINFODATA, &exchange);
}

Error ErrorOf(CURLcode code, const std::string& server, std::chrono::seconds stall_time) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
      return {ErrorCode::kUnavailable,
              fmt::format("there is no server at {}: start it with \"tritontube serve\", or name "
                          "another with --server",
                          server)};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {ErrorCode::kUnavailable,
              fmt::format("there is no machine of the name in {}: check --server", server)};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::kDeadlineExceeded,
              fmt::format("{} did not answer, or nothing moved for {} seconds", server,
                          stall_time.count())};
    case CURLE_ABORTED_BY_CALLBACK:
      return {ErrorCode::kCancelled, "stopped"};
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {ErrorCode::kUnavailable,
              fmt::format("the connection to {} broke off: is the server still running?", server)};
    default:
      return {ErrorCode::kUnavailable, fmt::format("{}: {}", server, curl_easy_strerror(code))};
  }
}

}  // namespace

Result<std::unique_ptr<CurlClient>> CurlClient::Open(std::string server,
                                                     const std::atomic<bool>& stop) {
  while (server.ends_with('/')) server.pop_back();
  const std::size_t scheme_end = server.find("://");
  const std::string_view scheme = std::string_view(server).substr(0, scheme_end);
  if (scheme_end == std::string::npos || (scheme != "http" && scheme != "https") ||
      server.find_first_of(" ?#\r\n") != std::string::npos) {
    return Fail(ErrorCode::kInvalidArgument,
                "--server {}: say an address such as http://127.0.0.1:3344", server);
  }
  static const CURLcode kReady = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURL* const handle = kReady == CURLE_OK ? curl_easy_init() : nullptr;
  if (handle == nullptr) return Fail(ErrorCode::kInternal, "libcurl cannot be started");
  return std::unique_ptr<CurlClient>(new CurlClient(handle, std::move(server), stop));
}

CurlClient::~CurlClient() { curl_easy_cleanup(handle_); }

Result<Answer> CurlClient::Send(const Call& call) {
  Exchange exchange{.call = call, .stop = stop_};
  const List headers = HeaderLines(call);
  SetUp(handle_, server_, call, exchange, headers.get());
  const CURLcode code = curl_easy_perform(handle_);
  if (!exchange.result) return std::unexpected(std::move(exchange.result).error());
  // A server that refuses a body may answer and hang up before it is all sent.
  const bool refused = code == CURLE_SEND_ERROR && !exchange.answer.body.empty();
  if (code != CURLE_OK && !refused) return std::unexpected(ErrorOf(code, server_, call.stall_time));
  // An answer without a body has a head too.
  TT_RETURN_IF_ERROR(TellHead(exchange));
  return std::move(exchange.answer);
}

}  // namespace tritontube::http_client
