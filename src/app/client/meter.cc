#include "app/client/meter.h"

#include <fmt/format.h>

#include "app/client/text.h"

namespace tritontube::client {

namespace {

constexpr std::chrono::seconds kWindow{10};
constexpr int kBarWidth = 20;

std::string Bar(double fraction) {
  const int full = static_cast<int>(fraction * kBarWidth);
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", kBarWidth - full);
}

}  // namespace

void Meter::Update(ByteCount done, Time now) {
  // Less than before: it began anew.
  if (!looks_.empty() && done < looks_.back().done) looks_.clear();
  looks_.push_back({done, now});
  while (looks_.size() > 2 && now - looks_.front().time > kWindow) looks_.pop_front();
}

std::optional<double> Meter::BytesPerSecond() const {
  if (looks_.size() < 2) return std::nullopt;
  const std::chrono::duration<double> time = looks_.back().time - looks_.front().time;
  if (time.count() <= 0) return std::nullopt;
  return static_cast<double>(looks_.back().done - looks_.front().done) / time.count();
}

std::string Meter::Line(std::string_view what, std::optional<ByteCount> total) const {
  const ByteCount done = looks_.empty() ? 0 : looks_.back().done;
  const std::optional<double> speed = BytesPerSecond();
  std::string line(what);
  if (total && *total > 0) {
    const double fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
    line += fmt::format("  {} {:3.0f}%  {} of {}", Bar(fraction), fraction * 100, FormatBytes(done),
                        FormatBytes(*total));
  } else {
    line += fmt::format("  {}", FormatBytes(done));
  }
  if (speed) line += fmt::format("  {}/s", FormatBytes(static_cast<ByteCount>(*speed)));
  if (speed && *speed >= 1 && total && *total > done) {
    const auto left = static_cast<std::int64_t>(static_cast<double>(*total - done) / *speed);
    line += fmt::format("  {} left", FormatDuration(std::chrono::seconds(left)));
  }
  return line;
}

}  // namespace tritontube::client
