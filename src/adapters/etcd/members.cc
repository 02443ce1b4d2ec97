#include "adapters/etcd/members.h"

#include <algorithm>

#include "base/assert.h"
#include "foundation/async/sleep.h"

namespace tritontube::etcd {

namespace {

using blob::Bytes;

// Members that all refuse at once may be electing a leader, which takes a second or two: so long
// they are asked again.
constexpr std::chrono::seconds kElectionTimeMax{5};
constexpr std::size_t kDoublingsMax = 3;
// A page of 10,000 values that are not small.
constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 20U;

async::Task<Result<Bytes>> CallMember(rpc::Channel& member, const std::string& method,
                                      const Bytes& request, Deadline deadline) {
  co_return co_await member.Call(method, request, deadline);
}

async::Task<Result<Bytes>> AskMemberByStream(rpc::Channel& member, const std::string& method,
                                             const Bytes& request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto stream, co_await member.Open(method, deadline));
  // A stream that refuses the message says why when it is read.
  Ignore(co_await stream->Write(request, deadline), "reading tells");
  TT_CO_ASSIGN_OR_RETURN(std::optional<Bytes> answer, co_await stream->Read(deadline));
  if (answer) co_return *std::move(answer);
  co_return Fail(ErrorCode::kUnavailable, "{} ended the stream without an answer",
                 member.address());
}

bool IsEtcdsOwn(const Error& error) { return error.message().contains("etcdserver: "); }

// Another member would say the same.
bool IsFinal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kNotFound:
    case ErrorCode::kOutOfRange:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

// True when the member's answer proves that a transaction was not applied and never will be. etcd
// says these before it proposes, or when it refuses to apply: a bad request, a lease that is gone,
// no space, too many requests, corruption. "no leader" comes from the interceptor that looks at
// `hasleader` before the request reaches the server. All else, such as "request timed out" and
// "leader changed", may come after the proposal has left; a refusal by gRPC itself, such as an
// answer that is too large, comes after the transaction.
bool DidNotHappen(const Error& error) {
  return IsEtcdsOwn(error) &&
         (IsFinal(error) || error.message().ends_with("etcdserver: no leader"));
}

Error Translated(Error error) {
  if (error.code() == ErrorCode::kDataLoss) return {ErrorCode::kCorrupt, error.message()};
  const bool known = IsFinal(error) || error.code() == ErrorCode::kDeadlineExceeded;
  return known ? std::move(error) : Error(ErrorCode::kUnavailable, error.message());
}

Error Stopped() { return {ErrorCode::kCancelled, "the work was stopped"}; }

Error TooLate() { return {ErrorCode::kDeadlineExceeded, "no time is left to ask etcd"}; }

}  // namespace

async::Task<void> PauseBeforeRound(std::size_t round, Deadline deadline) {
  const auto pause = std::chrono::milliseconds(50) * (1U << std::min<std::size_t>(round, 4));
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(pause)));
}

Members::Members(const std::vector<std::string>& endpoints, std::chrono::milliseconds attempt_time,
                 std::chrono::milliseconds commit_time)
    : attempt_time_(attempt_time), commit_time_(commit_time) {
  TT_ASSERT(!endpoints.empty(), "an etcd without members");
  for (const std::string& endpoint : endpoints) {
    // A member that has lost the others says so at once, instead of waiting for them.
    channels_.push_back(std::make_unique<rpc::Channel>(
        endpoint, rpc::ChannelOptions{.message_bytes_max = kAnswerBytesMax,
                                      .metadata = {{"hasleader", "true"}}}));
  }
}

void Members::Avoid(std::size_t index) {
  std::size_t expected = index;
  preferred_.compare_exchange_strong(expected, (index + 1) % count());
}

async::Task<Result<Bytes>> Members::Ask(std::string method, Bytes request, Deadline deadline) {
  return Repeat(CallMember, std::move(method), std::move(request), deadline);
}

async::Task<Result<Bytes>> Members::AskByStream(std::string method, Bytes request,
                                                Deadline deadline) {
  return Repeat(AskMemberByStream, std::move(method), std::move(request), deadline);
}

async::Task<Result<Bytes>> Members::Repeat(Attempt attempt, std::string method, Bytes request,
                                           Deadline deadline) {
  Error last = TooLate();
  const Deadline election = Deadline::After(kElectionTimeMax);
  for (std::size_t tried = 0;; ++tried) {
    const std::size_t round = tried / count();
    if (tried > 0 && tried % count() == 0) {
      if (election.HasPassed()) break;
      co_await PauseBeforeRound(round - 1, deadline);
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return std::unexpected(Stopped());
    if (deadline.HasPassed()) break;

    const std::size_t index = preferred();
    const auto patience = attempt_time_ * (1U << std::min(round, kDoublingsMax));
    const Deadline share = Deadline::After(patience).EarlierOf(deadline);
    Result<Bytes> answer = co_await attempt(member(index), method, request, share);
    if (answer) co_return answer;
    last = std::move(answer).error();
    if (IsFinal(last)) break;
    // A caller that was cancelled says nothing about the member.
    const bool stopped = co_await async::IsCancelled();
    if (!stopped) Avoid(index);
  }
  co_return std::unexpected(Translated(std::move(last)));
}

async::Task<Result<Bytes>> Members::AskOnce(std::string method, Bytes request, Deadline deadline) {
  Error last = TooLate();
  const Deadline election = Deadline::After(kElectionTimeMax);
  for (std::size_t tried = 0;; ++tried) {
    if (tried > 0 && tried % count() == 0) {
      if (election.HasPassed()) break;
      co_await PauseBeforeRound(tried / count() - 1, deadline);
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return std::unexpected(Stopped());
    if (deadline.HasPassed()) break;

    const std::size_t index = preferred();
    const Deadline share = Deadline::After(commit_time_).EarlierOf(deadline);
    Result<Bytes> answer = co_await member(index).Call(method, request, share);
    if (answer) co_return answer;
    last = std::move(answer).error();
    const bool did_not_happen = rpc::NeverSent(last) || DidNotHappen(last);
    if (IsFinal(last) && did_not_happen) break;
    const bool stopped = co_await async::IsCancelled();
    if (!stopped) Avoid(index);
    if (!did_not_happen) {
      co_return Fail(ErrorCode::kOutcomeUnknown, "the answer was lost: {}", last.message());
    }
  }
  co_return std::unexpected(Translated(std::move(last)));
}

}  // namespace tritontube::etcd
