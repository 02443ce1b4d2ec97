#include "domain/migration/ready_record.h"

#include <gtest/gtest.h>

#include "support/must.h"

namespace tritontube::migration {

namespace {

using support::CodeOf;
using support::Must;

TEST(ReadyRecord, ReadsWhatItWrote) {
  const ReadyRecord record{.starts = 3, .moved = {.files = 7, .bytes = 1U << 30U}};
  EXPECT_EQ(Must(DecodeReady(Encode(record))), record);
  EXPECT_EQ(Encode(record), R"({"bytes":1073741824,"files":7,"starts":3})");
}

TEST(ReadyRecord, BelievesNothingElse) {
  for (const char* text :
       {"", "{}", "7", R"({"starts":1,"files":2})", R"({"starts":-1,"files":2,"bytes":3})",
        R"({"starts":"1","files":2,"bytes":3})", R"({"starts":1,"files":2,"bytes":3,"more":4})"}) {
    EXPECT_EQ(CodeOf(DecodeReady(text)), ErrorCode::kCorrupt) << text;
  }
}

TEST(ReadyRecord, LiesUnderItsPlan) {
  EXPECT_EQ(ReadyKey(12, *NodeId::Parse("node-000001")), "ready/12/node-000001");
  EXPECT_TRUE(ReadyKey(12, *NodeId::Parse("node-000001")).starts_with(ReadyPrefix(12)));
  EXPECT_FALSE(ReadyKey(123, *NodeId::Parse("node-000001")).starts_with(ReadyPrefix(12)));
}

}  // namespace

}  // namespace tritontube::migration
