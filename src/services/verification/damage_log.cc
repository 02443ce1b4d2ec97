#include "services/verification/damage_log.h"

#include <algorithm>

#include "foundation/telemetry/log.h"

namespace tritontube::verification {

namespace {

constexpr std::string_view kDamagePrefix = "scrub/damage/";
constexpr std::string_view kStateKey = "scrub/state";

std::string KeyOf(const blob::BlobKey& key) {
  return fmt::format("{}{}", kDamagePrefix, blob::ToText(key));
}

}  // namespace

async::Task<Result<void>> DamageLog::Load(Deadline deadline) {
  const auto saved = co_await coordination_.Get(std::string(kStateKey), deadline);
  if (!saved && saved.error().code() != ErrorCode::kCorrupt) {
    co_return std::unexpected(saved.error());
  }
  // What cannot be understood of it is found out again by the next pass.
  scrubbing::ScrubState state;
  if (saved)
    state = scrubbing::DecodeScrubState(saved->item ? saved->item->value : "").value_or(state);
  std::map<blob::BlobKey, Finding> findings;
  coordination::RangeRequest range{.prefix = std::string(kDamagePrefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const auto page, co_await coordination_.Range(range, deadline));
    for (const coordination::KeyValue& item : page.items) {
      const Result<Finding> finding = DecodeFinding(item.value);
      if (finding) findings.insert_or_assign(finding->damage.key, *finding);
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
    findings_ = std::move(findings);
  }
  co_return co_await CheckRows(deadline);
}

async::Task<Result<void>> DamageLog::CheckRows(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(std::vector<DamagedRow> rows,
                         co_await FindDamagedRows(coordination_, deadline));
  const std::lock_guard lock(mutex_);
  for (const DamagedRow& row : rows) {
    if (std::ranges::find(damaged_rows_, row) != damaged_rows_.end()) continue;
    telemetry::Log(telemetry::Level::kError, "metadata is damaged",
                   {{"key", row.key}, {"video", row.video ? row.video->text() : ""}});
  }
  damaged_rows_ = std::move(rows);
  co_return Result<void>();
}

std::vector<DamagedRow> DamageLog::damaged_rows() const {
  const std::lock_guard lock(mutex_);
  return damaged_rows_;
}

async::Task<Result<void>> DamageLog::Note(const Step& step, WallTime now, Deadline deadline) {
  if (!step.finished) co_return Result<void>();
  const bool known = Contains(*step.finished);
  if (!step.damage) {
    if (!known) co_return Result<void>();
    telemetry::Log(telemetry::Level::kInfo, "a damaged blob is whole again",
                   {{"blob", blob::ToText(*step.finished)}});
    co_return co_await Forget(*step.finished, deadline);
  }
  if (known) co_return Result<void>();
  const Finding finding{.damage = *step.damage, .found = now};
  const bool missing = finding.damage.kind == Damage::Kind::kMissing;
  telemetry::Log(telemetry::Level::kError, missing ? "a blob is missing" : "a blob is damaged",
                 {{"video", finding.damage.key.video.text()},
                  {"file", finding.damage.key.file},
                  {"reason", finding.damage.reason}});
  TT_CO_RETURN_IF_ERROR(co_await Write(
      coordination::Operation::Put(KeyOf(finding.damage.key), Encode(finding)), deadline));
  const std::lock_guard lock(mutex_);
  findings_.emplace(finding.damage.key, finding);
  co_return Result<void>();
}

async::Task<Result<void>> DamageLog::Forget(blob::BlobKey key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Write(coordination::Operation::Delete(KeyOf(key)), deadline));
  const std::lock_guard lock(mutex_);
  findings_.erase(key);
  co_return Result<void>();
}

std::vector<Finding> DamageLog::findings() const {
  const std::lock_guard lock(mutex_);
  std::vector<Finding> findings;
  findings.reserve(findings_.size());
  for (const auto& [key, finding] : findings_) findings.push_back(finding);
  return findings;
}

scrubbing::ScrubState DamageLog::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

async::Task<Result<void>> DamageLog::SaveState(scrubbing::ScrubState state, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Write(
      coordination::Operation::Put(std::string(kStateKey), Encode(state)), deadline));
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  co_return Result<void>();
}

// Nobody else writes these keys, and the last word is the right one: without a
// compare.
async::Task<Result<void>> DamageLog::Write(coordination::Operation operation, Deadline deadline) {
  coordination::Txn txn{.compares = {}, .then = {}};
  txn.then.push_back(std::move(operation));
  TT_CO_RETURN_IF_ERROR(co_await coordination_.Commit(std::move(txn), deadline));
  co_return Result<void>();
}

bool DamageLog::Contains(const blob::BlobKey& key) const {
  const std::lock_guard lock(mutex_);
  return findings_.contains(key);
}

}  // namespace tritontube::verification
