#include "services/verification/damage_log.h"

#include "support/platform.h"

namespace tritontube::verification {
namespace {

const WallTime kNow{std::chrono::milliseconds(1'700'000'000'000)};

blob::BlobKey Key(std::string file) {
  return {*VideoId::Parse("aaaaaaaaaaa"), *UploadId::Parse("bbbbbbbbbbb"), std::move(file)};
}
Step Damaged(const std::string& file, Damage::Kind kind = Damage::Kind::kCorrupt) {
  return {.finished = Key(file),
          .damage = Damage{.key = Key(file), .kind = kind, .reason = "a bit has turned"}};
}

class DamageLogTest : public support::Platform {
 protected:
  void Note(const Step& step) {
    EXPECT_TRUE(Value(log_.Note(step, kNow, Deadline::Never())).has_value());
  }
  // What a restart knows.
  std::vector<Finding> Reloaded() {
    DamageLog log(coordination_);
    EXPECT_TRUE(Value(log.Load(Deadline::Never())).has_value());
    return log.findings();
  }

  DamageLog log_{coordination_};
};

TEST_F(DamageLogTest, ARestartStillKnowsWhatIsDamaged) {
  Note(Damaged("b"));
  Note(Damaged("a", Damage::Kind::kMissing));
  EXPECT_EQ(log_.findings().size(), 2U);
  EXPECT_EQ(Reloaded(), log_.findings());
  EXPECT_EQ(Reloaded().front().damage.kind, Damage::Kind::kMissing);
  EXPECT_EQ(Reloaded().front().found, kNow);
}

TEST_F(DamageLogTest, ForgetsWhatIsWholeAgain) {
  Note(Damaged("a"));
  Note({.finished = Key("b")});
  EXPECT_EQ(log_.findings().size(), 1U);
  Note({.finished = Key("a")});
  EXPECT_TRUE(log_.findings().empty());
  EXPECT_TRUE(Reloaded().empty());
}

TEST_F(DamageLogTest, WritesNothingForWhatItKnowsAndForWhatIsWhole) {
  Note(Damaged("a"));
  const auto before = Value(coordination_.Get("scrub/state", Deadline::Never()))->revision;
  Note(Damaged("a"));
  Note({.finished = Key("b")});
  Note({.bytes = 5});
  EXPECT_EQ(Value(coordination_.Get("scrub/state", Deadline::Never()))->revision, before);
}

TEST_F(DamageLogTest, KeepsWhereTheScrubStands) {
  const scrubbing::ScrubState state{.started = kNow,
                                    .position = Key("a"),
                                    .checked_bytes = 7,
                                    .last_started = kNow,
                                    .last_ended = kNow,
                                    .last_checked_bytes = 9};
  ASSERT_TRUE(Value(log_.SaveState(state, Deadline::Never())).has_value());
  DamageLog log(coordination_);
  ASSERT_TRUE(Value(log.Load(Deadline::Never())).has_value());
  EXPECT_EQ(log.state(), state);
}

TEST_F(DamageLogTest, StartsAnewFromWhatItCannotUnderstand) {
  Note(Damaged("a"));
  Note(Damaged("b"));
  ASSERT_TRUE(
      Value(coordination_.Commit({.compares = {},
                                  .then = {coordination::Operation::Put("scrub/state", ""),
                                           coordination::Operation::Put(
                                               "scrub/damage/" + blob::ToText(Key("a")), "")}},
                                 Deadline::Never()))
          .has_value());
  EXPECT_EQ(Reloaded().size(), 1U);
  EXPECT_EQ(Reloaded().front().damage.key, Key("b"));
}

TEST_F(DamageLogTest, RefusesWhatItWouldNotHaveWritten) {
  for (const std::string text : {"", "{}", "[]", R"({"format":2})", "\xff"}) {
    EXPECT_EQ(DecodeFinding(text).error().code(), ErrorCode::kCorrupt) << text;
    EXPECT_EQ(scrubbing::DecodeScrubState(text).error().code(), ErrorCode::kCorrupt) << text;
  }
  std::string finding = Encode(Finding{.damage = *Damaged("a").damage, .found = kNow});
  EXPECT_TRUE(DecodeFinding(finding).has_value());
  finding.replace(finding.find("aaaaaaaaaaa"), 11, "../../../..");
  EXPECT_FALSE(DecodeFinding(finding).has_value());
}

}  // namespace
}  // namespace tritontube::verification
