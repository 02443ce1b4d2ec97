#include "transport/http/connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include "transport/http/problem.h"

namespace tritontube::http {

namespace {

// What the log of other servers says of a client that left before its answer.
constexpr int kClientLeft = 499;

void AddCors(Response& response, Cors cors) {
  if (cors != Cors::kAny) return;
  response.headers.Set("Access-Control-Allow-Origin", "*");
  response.headers.Set("Access-Control-Expose-Headers", "*");
}

Response OptionsResponse(const Router::NoSuchMethod& table) {
  Response response = EmptyResponse(204);
  response.headers = table.about;
  response.headers.Add("Allow", table.allow);
  AddCors(response, table.cors);
  if (table.cors == Cors::kAny) {
    response.headers.Add("Access-Control-Allow-Methods", table.allow);
    response.headers.Add("Access-Control-Allow-Headers", "*");
    response.headers.Add("Access-Control-Max-Age", "86400");
  }
  return response;
}

Response NoSuchMethodResponse(const Router::NoSuchMethod& table, std::string_view method) {
  Response response =
      ProblemResponse(405, fmt::format("{} is not possible here; {} are", method, table.allow));
  response.headers.Add("Allow", table.allow);
  AddCors(response, table.cors);
  return response;
}

Response TooBusy(std::string_view what) {
  return ProblemFor(Error(ErrorCode::kResourceExhausted, std::string(what)));
}

// What went wrong with the body the client sent has statuses of its own.
int StatusForBody(ErrorCode code) {
  switch (code) {
    case ErrorCode::kDeadlineExceeded:
      return 408;
    case ErrorCode::kResourceExhausted:
      return 413;
    case ErrorCode::kCancelled:
      return kClientLeft;
    default:
      return StatusFor(code);
  }
}

Response ResponseForFailure(const Error& error, const std::optional<Error>& body_failure) {
  if (body_failure && body_failure->code() == error.code()) {
    return ProblemResponse(StatusForBody(error.code()), error.message());
  }
  return ProblemFor(error);
}

// The name that a proxy in front has given the request, when it is one that can
// stand in a header, a log and a search as it is.
std::optional<std::string> RequestIdOf(const Headers& headers) {
  constexpr std::size_t kLengthMax = 64;
  const std::string_view id = headers.Get("X-Request-Id").value_or("");
  const bool sane = std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_.=:+/").contains(c);
  });
  if (id.empty() || id.size() > kLengthMax || !sane) return std::nullopt;
  return std::string(id);
}

// Counts a request while it is served.
class UnderWay {
 public:
  explicit UnderWay(std::atomic<std::size_t>& count) : count_(count), number_(++count) {}
  ~UnderWay() { --count_; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  std::size_t number() const { return number_; }

 private:
  std::atomic<std::size_t>& count_;
  std::size_t number_;
};

}  // namespace

// One request and what belongs to its answer.
struct Connection::Exchange {
  std::string method_text;
  std::string authority;
  Framing framing;
  int minor_version;
  BodyReader& body;
  Request request;
  const Route* route = nullptr;
  std::string error = {};
  ByteCount body_bytes_out = 0;
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
};

Connection::Connection(TcpSocket socket, ServerContext& context)
    : context_(context),
      limits_(context.options.limits),
      socket_(std::move(socket)),
      remote_address_(socket_.RemoteAddress()),
      input_(static_cast<std::size_t>(limits_.head_bytes_max)) {
  ++context_.connection_count;
  if (context_.options.observer != nullptr) context_.options.observer->OnConnection(+1);
}

Connection::~Connection() {
  --context_.connection_count;
  if (context_.options.observer != nullptr) context_.options.observer->OnConnection(-1);
}

async::Task<void> Connection::Run() {
  After after = After::kKeepAlive;
  while (after == After::kKeepAlive) after = co_await ServeOne();
  if (after == After::kLinger) co_await Linger();
}

void Connection::BeginStop() {
  stopping_ = true;
  if (writer_ != nullptr) {
    writer_->OnServerStopping();
  } else {
    socket_.Abort();
  }
}

async::Task<Connection::After> Connection::ServeOne() {
  auto head = co_await ReadHead();
  if (!head) co_return co_await Refuse(head.error());
  if (!*head) co_return After::kClose;
  co_return co_await Serve(**std::move(head));
}

async::Task<std::expected<std::optional<RequestHead>, Refusal>> Connection::ReadHead() {
  HeadScanner scanner;
  bool begun = false;
  socket_.SetDeadline(Deadline::After(limits_.idle_time));
  for (;;) {
    // RFC 9112, 2.2: empty lines before a request are passed over.
    while (!begun && input_.text().starts_with("\r\n")) input_.Drop(2);
    if (!begun && input_.size() > 0 && input_.text() != "\r") {
      begun = true;
      socket_.SetDeadline(Deadline::After(limits_.head_time));
    }
    if (begun) {
      const auto length = FindHead(scanner);
      if (!length) co_return std::unexpected(length.error());
      if (*length) {
        auto head = ParseHead(input_.text().substr(0, **length),
                              {.target_bytes_max = limits_.target_bytes_max,
                               .header_count_max = limits_.header_count_max});
        input_.Drop(**length);
        if (!head) co_return std::unexpected(std::move(head).error());
        co_return *std::move(head);
      }
    }
    const Result<std::size_t> count = co_await input_.Receive(socket_);
    if (count && *count > 0) continue;
    const bool too_slow = !count && count.error().code() == ErrorCode::kDeadlineExceeded;
    if (too_slow && begun) {
      co_return std::unexpected(
          Refusal{.status = 408, .detail = "the headers of the request came too slowly"});
    }
    co_return std::nullopt;
  }
}

std::expected<std::optional<std::size_t>, Refusal> Connection::FindHead(
    HeadScanner& scanner) const {
  const auto length = scanner.Scan(input_.text());
  if (!length || *length) return length;
  const bool line_ended = input_.text().contains('\n');
  if (!line_ended && input_.size() > limits_.target_bytes_max + 64) {
    return std::unexpected(Refusal{
        .status = 414,
        .detail = fmt::format("the address is longer than {} bytes", limits_.target_bytes_max)});
  }
  if (input_.full()) {
    return std::unexpected(Refusal{
        .status = 431,
        .detail =
            fmt::format("the headers of the request exceed {} bytes", limits_.head_bytes_max)});
  }
  return std::nullopt;
}

async::Task<Connection::After> Connection::Refuse(const Refusal& refusal) {
  Response response = ProblemResponse(refusal.status, refusal.detail);
  BodyReader nobody(socket_, input_, limits_, Framing{});
  const Exchange exchange{.method_text = {},
                          .authority = {},
                          .framing = {},
                          .minor_version = 1,
                          .body = nobody,
                          .request = {.path = {},
                                      .query = {},
                                      .headers = {},
                                      .remote_address = remote_address_,
                                      .id = NextRequestId(),
                                      .parameters = {},
                                      .body = nobody}};
  AddRequestId(response, exchange.request.id);
  ResponseStyle style{.keep_alive = false};
  ResponseWriter writer(socket_, limits_);
  const Result<void> written = co_await writer.Write(response, style);
  Observe(exchange, refusal.status, written.has_value());
  co_return written ? After::kLinger : After::kClose;
}

async::Task<Connection::After> Connection::Serve(RequestHead head) {
  socket_.SetDeadline(Deadline::Never());
  BodyReader body(socket_, input_, limits_, head.framing);
  std::string id = RequestIdOf(head.headers).value_or(NextRequestId());
  Exchange exchange{.method_text = std::move(head.method_text),
                    .authority = std::move(head.authority),
                    .framing = head.framing,
                    .minor_version = head.minor_version,
                    .body = body,
                    .request = {.method = *head.method,
                                .path = std::move(head.target.path),
                                .query = std::move(head.target.query),
                                .headers = std::move(head.headers),
                                .remote_address = remote_address_,
                                .id = std::move(id),
                                .parameters = {},
                                .body = body}};
  const UnderWay under_way(context_.requests_under_way);
  ResponseWriter writer(socket_, limits_);
  writer_ = &writer;
  Response response = under_way.number() > limits_.requests_max
                          ? TooBusy("the server is busy; try again in a few seconds")
                          : co_await Answer(exchange);
  const After after = co_await SendAnswer(exchange, std::move(response));
  writer_ = nullptr;
  co_return stopping_&& after == After::kKeepAlive ? After::kClose : after;
}

async::Task<Response> Connection::Answer(Exchange& exchange) {
  Request& request = exchange.request;
  // Without a Host there is no browser that a foreign page could have misled.
  if (context_.options.host_policy && !exchange.authority.empty()) {
    const Result<void> welcome =
        context_.options.host_policy->Check(request.method, exchange.authority, request.headers);
    if (!welcome) co_return ProblemFor(welcome.error());
  }
  if (request.path == "*") co_return EmptyResponse(204);
  Router::Answer answer = context_.router.Find(request.method, request.path);
  if (std::holds_alternative<Router::NoSuchPath>(answer)) {
    co_return ProblemResponse(404, fmt::format("there is nothing at {}", request.path));
  }
  if (const auto* const other = std::get_if<Router::NoSuchMethod>(&answer)) {
    co_return request.method == Method::kOptions
        ? OptionsResponse(*other)
        : NoSuchMethodResponse(*other, exchange.method_text);
  }
  auto& match = std::get<Router::Match>(answer);
  request.parameters = std::move(match.parameters);
  exchange.route = match.route;
  if (context_.options.observer != nullptr)
    context_.options.observer->OnBegin(match.route->pattern);
  Response response = co_await CallRoute(exchange, *match.route);
  AddCors(response, match.route->options.cors);
  co_return response;
}

async::Task<Response> Connection::CallRoute(Exchange& exchange, const Route& route) {
  if (exchange.framing.length.value_or(0) > route.options.body_bytes_max) {
    co_return ProblemResponse(413, fmt::format("the body is larger than the {} bytes allowed",
                                               route.options.body_bytes_max));
  }
  exchange.body.set_bytes_max(route.options.body_bytes_max);
  Result<Response> response = co_await route.handler(exchange.request);
  if (response) co_return *std::move(response);
  exchange.error = response.error().message();
  co_return ResponseForFailure(response.error(), exchange.body.failure());
}

async::Task<Connection::After> Connection::SendAnswer(Exchange& exchange, Response response) {
  const std::optional<Error>& failure = exchange.body.failure();
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled || (failure && failure->code() == ErrorCode::kCancelled)) {
    Observe(exchange, kClientLeft, false);
    co_return After::kClose;
  }
  const int status = response.status;
  AddRequestId(response, exchange.request.id);
  ResponseStyle style{
      .is_head_request = exchange.request.method == Method::kHead,
      .keep_alive = exchange.framing.keep_alive && !stopping_ && exchange.body.IsWorthDraining(),
      .minor_version = exchange.minor_version,
      .watch_for_hang_up = exchange.body.at_end() && input_.size() == 0};
  const Result<void> written = co_await writer_->Write(response, style);
  exchange.body_bytes_out = writer_->body_bytes_sent();
  Observe(exchange, status, written.has_value());
  if (!written) co_return After::kClose;
  if (!style.keep_alive) co_return exchange.body.at_end() ? After::kClose : After::kLinger;
  const bool drained = co_await exchange.body.Drain();
  co_return drained ? After::kKeepAlive : After::kLinger;
}

// Closing while the client still sends would make the operating system throw
// away, at the client's end too, what the client has not read of our answer.
async::Task<void> Connection::Linger() {
  if (stopping_) co_return;
  socket_.ShutdownSend();
  socket_.SetDeadline(Deadline::After(limits_.linger_time));
  input_.Drop(input_.size());
  for (;;) {
    const Result<std::size_t> count = co_await input_.Receive(socket_);
    if (!count || *count == 0) co_return;
    input_.Drop(*count);
  }
}

void Connection::Observe(const Exchange& exchange, int status, bool complete) const {
  if (context_.options.observer == nullptr) return;
  const Request& request = exchange.request;
  context_.options.observer->OnRequest(
      {.method = exchange.method_text,
       .path = request.path,
       .pattern = exchange.route == nullptr ? std::string_view() : exchange.route->pattern,
       .remote_address = request.remote_address,
       .id = request.id,
       .error = exchange.error,
       .status = status,
       .complete = complete,
       .body_bytes_in = exchange.body.received(),
       .body_bytes_out = exchange.body_bytes_out,
       .duration = std::chrono::steady_clock::now() - exchange.begin});
}

// A UUID of version 8 (RFC 9562, 5.8): the server's random number and a count.
std::string Connection::NextRequestId() {
  const std::uint64_t number = ++context_.request_count;
  const std::uint64_t prefix = context_.id_prefix;
  return fmt::format("{:08x}-{:04x}-8{:03x}-8{:03x}-{:012x}", prefix >> 32U,
                     (prefix >> 16U) & 0xFFFFU, prefix & 0xFFFU, (number >> 48U) & 0xFFFU,
                     number & 0xFFFF'FFFF'FFFFU);
}

}  // namespace tritontube::http
