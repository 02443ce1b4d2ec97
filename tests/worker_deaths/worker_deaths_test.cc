#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "foundation/telemetry/log.h"
#include "support/rounds.h"
#include "worker_deaths/world.h"

// Kills and stops a machine at every call that it makes to anything outside it, from its first sign
// of life to the last extra of a video that is made in chunks, and looks at what the other one
// makes of that.
namespace tritontube::worker_deaths {
namespace {

// Of all calls so many are looked at: each kind of accident begins at another.
int OneOf() {
  return static_cast<int>(support::Rounds{.sanitized = 24, .usual = 4, .thorough = 1}.Count());
}

struct Kind {
  std::string name;
  int first_call = 1;
  Role role = Role::kDirects;
  Fate fate = Fate::kDiesBefore;
  media::Container container = media::Container::kMov;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class WorkerDeaths : public testing::TestWithParam<Kind> {};

std::string LastOf(const std::vector<std::string>& lines) {
  constexpr std::size_t kLines = 30;
  std::string text;
  for (std::size_t i = lines.size() - std::min(lines.size(), kLines); i < lines.size(); ++i) {
    text += lines[i] + '\n';
  }
  return text;
}

TEST_P(WorkerDeaths, LoseAtMostOneChunk) {
  const Kind& kind = GetParam();
  const int step = OneOf();
  int count = 0;
  std::size_t lost = 0;
  double longest = 0;
  bool was_hit = true;
  for (int call = std::min(kind.first_call, step); was_hit && !HasFailure(); call += step) {
    const telemetry::LogCapture log;
    const Accident accident{
        .role = kind.role, .fate = kind.fate, .container = kind.container, .call = call};
    const Outcome outcome = World(accident).Run();
    was_hit = outcome.was_hit;
    count += was_hit ? 1 : 0;
    lost += outcome.chunks_begun - outcome.chunks;
    longest = std::max(longest, outcome.seconds);
    for (const std::string& fault : outcome.faults) {
      ADD_FAILURE() << "call " << call << " (" << outcome.at << "): " << fault << '\n'
                    << LastOf(log.lines());
    }
  }
  EXPECT_GT(count * step, 30);
  fmt::print("  {} accidents, {} chunks made again, ready after {:.0f} s at most\n", count, lost,
             longest);
}

std::vector<Kind> Kinds() {
  std::vector<Kind> kinds;
  for (const auto& [container, source] :
       {std::pair{media::Container::kMov, ""}, std::pair{media::Container::kMpegTs, "IndexMade"}}) {
    for (const auto& [role, who] :
         {std::pair{Role::kDirects, "Director"}, std::pair{Role::kHelps, "Helper"}}) {
      int first_call = 0;
      for (const auto& [fate, what] :
           {std::pair{Fate::kDiesBefore, "DiesBefore"}, std::pair{Fate::kDiesAfter, "DiesAfter"},
            std::pair{Fate::kFreezesBefore, "FreezesBefore"},
            std::pair{Fate::kFreezesAfter, "FreezesAfter"}}) {
        kinds.push_back({.name = fmt::format("{}{}{}", who, what, source),
                         .first_call = ++first_call,
                         .role = role,
                         .fate = fate,
                         .container = container});
      }
    }
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Accidents, WorkerDeaths, testing::ValuesIn(Kinds()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tritontube::worker_deaths
