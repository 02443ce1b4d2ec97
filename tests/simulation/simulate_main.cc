#include <CLI/CLI.hpp>

#include "simulation/world.h"

// Runs many seeds, and says which of them show what must not be.
int main(int argc, char** argv) {
  using namespace tritontube::simulation;
  std::uint64_t seeds = 500;
  std::uint64_t first = 0;
  CLI::App app("Clusters in virtual time; one seed is one schedule");
  app.add_option("--seeds", seeds, "how many");
  app.add_option("--first", first, "the first of them");
  CLI11_PARSE(app, argc, argv);

  Counts all;
  std::uint64_t bad = 0;
  std::uint64_t faults = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const Outcome outcome = RunWorld(PlanOf(seed));
    if (!outcome.violations.empty()) {
      ++bad;
      fmt::print("{}\n", outcome.report);
    }
    faults += outcome.faults;
    all.puts += outcome.counts.puts;
    all.put_failures += outcome.counts.put_failures;
    all.commits += outcome.counts.commits;
    all.reads += outcome.counts.reads;
    all.read_failures += outcome.counts.read_failures;
    all.deletions += outcome.counts.deletions;
  }
  fmt::print(
      "{} faults; puts {}, {} of them failed; {} commits; reads {}, {} of them failed; {} "
      "deletions\nsimulation: {} passed, {} failed\n",
      faults, all.puts, all.put_failures, all.commits, all.reads, all.read_failures, all.deletions,
      seeds - bad, bad);
  return bad == 0 ? 0 : 1;
}
