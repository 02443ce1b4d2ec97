#pragma once

#include <string>

#include "services/extras/extra_upload.h"

namespace tritontube::extras {

inline constexpr std::size_t kCaptionLabelBytesMax = 100;

// Captions that people send and remove. What is stored and served is written
// anew from what was read; nothing of the file itself is kept.
//
// Stateless; safe to use from any thread. Errors as for Catalog;
// kInvalidArgument says what is wrong with the language, label or file.
class CaptionService {
 public:
  explicit CaptionService(ExtraStores with) : with_(with) {}

  // WebVTT or SRT, in place of what there is in the language. Without a label it
  // is called after the language.
  async::Task<Added> Put(VideoId video, std::string language, std::string label, std::string file,
                         Deadline deadline);
  async::Task<Result<void>> Remove(VideoId video, std::string language, Deadline deadline);

 private:
  ExtraStores with_;
};

}  // namespace tritontube::extras
