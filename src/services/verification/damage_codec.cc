#include "domain/scrubbing/stored_fields.h"
#include "services/verification/damage_log.h"

namespace tritontube::verification {

namespace {

using scrubbing::KeyJson;
using scrubbing::TimeJson;
using strict_json::JsonFields;

constexpr int kFormat = 1;

}  // namespace

std::string Encode(const Finding& finding) {
  return strict_json::Dump({{"format", kFormat},
                            {"blob", KeyJson(finding.damage.key)},
                            {"missing", finding.damage.kind == Damage::Kind::kMissing},
                            {"reason", finding.damage.reason},
                            {"found", TimeJson(finding.found)}});
}

Result<Finding> DecodeFinding(std::string_view text) {
  JsonFields fields(text, "a finding", kFormat);
  std::optional<blob::BlobKey> key = scrubbing::KeyField(fields, "blob");
  const bool missing = fields.Boolean("missing");
  std::string reason = fields.Text("reason");
  const std::optional<WallTime> found = scrubbing::TimeOrNothing(fields, "found");
  if (!found) fields.Refuse("found");
  TT_RETURN_IF_ERROR(fields.Finish());
  return Finding{.damage = {.key = *std::move(key),
                            .kind = missing ? Damage::Kind::kMissing : Damage::Kind::kCorrupt,
                            .reason = std::move(reason)},
                 .found = *found};
}

}  // namespace tritontube::verification
