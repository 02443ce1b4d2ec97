#include "domain/catalog/edit.h"

#include <gtest/gtest.h>

#include <set>

#include "domain/catalog/title.h"

namespace tritontube::catalog {
namespace {

VideoRow Row() {
  return {.id = *VideoId::Parse("videovideo0"),
          .upload = *UploadId::Parse("uploadload0"),
          .title = "A title",
          .description = "Words",
          .tags = {"a"},
          .chapters = {{.start_seconds = 0, .title = "One"}},
          .file_name = "Day 1.mp4"};
}

TEST(VideoEdit, LeavesAloneWhatItDoesNotName) {
  VideoRow row = Row();
  Apply({}, row);
  EXPECT_EQ(row, Row());
  Apply({.tags = std::vector<std::string>{"b", "c"}}, row);
  EXPECT_EQ(row.title, "A title");
  EXPECT_EQ(row.tags, (std::vector<std::string>{"b", "c"}));
}

TEST(VideoEdit, TakesTheTitleOfTheFileWhenThereIsNone) {
  VideoRow row = Row();
  Apply({.title = ""}, row);
  EXPECT_EQ(row.title, "Day 1");
}

TEST(EditTag, ChangesWithEveryFieldThatPeopleChange) {
  std::set<std::string> tags = {EditTagOf(Row())};
  const std::vector<VideoEdit> edits = {
      {.title = "Another"},
      {.description = "Other words"},
      {.tags = std::vector<std::string>()},
      {.tags = std::vector<std::string>{"a", ""}},
      {.chapters = std::vector<Chapter>()},
      {.chapters = std::vector<Chapter>{{.start_seconds = 1, .title = "One"}}},
  };
  for (const VideoEdit& edit : edits) {
    VideoRow row = Row();
    Apply(edit, row);
    EXPECT_TRUE(tags.insert(EditTagOf(row)).second);
  }
}

TEST(EditTag, StaysWhateverBecomesOfTheTranscode) {
  VideoRow row = Row();
  row.source = SourceFile{.size = 1};
  row.facts.width = 1;
  row.renditions = {{.id = "v720"}};
  row.failure = Failure{.code = "c", .message = "m"};
  row.failed_at_progress = 0.5;
  EXPECT_EQ(EditTagOf(row), EditTagOf(Row()));
}

TEST(EditTag, DoesNotTakeOneListOfTextsForAnother) {
  VideoRow one = Row();
  one.tags = {"ab", "c"};
  VideoRow other = Row();
  other.tags = {"a", "bc"};
  EXPECT_NE(EditTagOf(one), EditTagOf(other));
}

}  // namespace
}  // namespace tritontube::catalog
