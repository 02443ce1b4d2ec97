#include <CLI/CLI.hpp>

#include "simulation/world.h"

// Runs many seeds, and says which of them show what must not be.
int main(int argc, char** argv) {
  using namespace tritontube::simulation;
  std::uint64_t seeds = 500;
  std::uint64_t first = 0;
  bool told = false;
  bool absences = false;
  CLI::App app("Clusters in virtual time; one seed is one schedule");
  app.add_option("--seeds", seeds, "how many");
  app.add_option("--first", first, "the first of them");
  std::map<std::string, Tooth> faults_by_name;
  for (int i = 0; i <= static_cast<int>(Tooth::kLeaseLoss); ++i) {
    faults_by_name.emplace(ToString(static_cast<Tooth>(i)), static_cast<Tooth>(i));
  }
  Tooth tooth = Tooth::kNone;
  app.add_option("--fault", tooth, "a fault that is built in")
      ->transform(CLI::CheckedTransformer(faults_by_name));
  app.add_flag("--absences", absences, "nodes go away for so long that they are given up");
  app.add_flag("--tell", told, "print every event");
  CLI11_PARSE(app, argc, argv);

  Counts all;
  std::uint64_t bad = 0;
  std::uint64_t faults = 0;
  std::uint64_t uploads_erased = 0;
  Operator::Counts changes;
  std::uint64_t steps = 0;
  std::chrono::seconds duration{0};
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Plan plan = absences ? PlanOfAbsences(seed) : PlanOf(seed, tooth);
    plan.told = told;
    const Outcome outcome = RunWorld(plan);
    if (!outcome.violations.empty()) {
      ++bad;
      fmt::print("{}\n", outcome.report);
      std::fflush(stdout);
    }
    faults += outcome.faults;
    uploads_erased += outcome.uploads_erased;
    duration += outcome.duration;
    steps += outcome.steps;
    changes.asked += outcome.changes.asked;
    changes.done += outcome.changes.done;
    changes.aborted += outcome.changes.aborted;
    changes.refused += outcome.changes.refused;
    all.puts += outcome.counts.puts;
    all.put_failures += outcome.counts.put_failures;
    all.commits += outcome.counts.commits;
    all.reads += outcome.counts.reads;
    all.read_failures += outcome.counts.read_failures;
    all.deletions += outcome.counts.deletions;
    all.hang_ups += outcome.counts.hang_ups;
  }
  fmt::print(
      "{} faults; puts {}, {} of them failed; {} commits; reads {}, {} of them failed; {} "
      "deletions; {} senders went away; {} uploads erased\n{} changes asked for, {} refused, {} "
      "seen done, {} aborted; {} topologies; {} s "
      "of "
      "virtual time\nsimulation: {} passed, {} failed\n",
      faults, all.puts, all.put_failures, all.commits, all.reads, all.read_failures, all.deletions,
      all.hang_ups, uploads_erased, changes.asked, changes.refused, changes.done, changes.aborted,
      steps, duration.count(), seeds - bad, bad);
  return bad == 0 ? 0 : 1;
}
