#pragma once

#include <string>
#include <vector>

#include "core/media/tools.h"

namespace tritontube::support {

// Keeps what an encoder makes, and notes what it may not do.
class CollectingSink : public media::EncodeSink {
 public:
  struct Output {
    std::string init;
    std::vector<std::string> segments;

    // The output as one file.
    std::string File() const {
      std::string file = init;
      for (const std::string& segment : segments) file += segment;
      return file;
    }
  };

  explicit CollectingSink(std::size_t output_count) : outputs_(output_count) {}

  async::Task<Result<void>> OnInit(std::size_t output, blob::Bytes bytes) override {
    if (!outputs_[output].init.empty()) faults_.emplace_back("a second init");
    outputs_[output].init = bytes.Flatten();
    co_return Result<void>();
  }
  async::Task<Result<void>> OnSegment(std::size_t output, blob::Bytes bytes) override {
    if (outputs_[output].init.empty()) faults_.emplace_back("a segment before the init");
    outputs_[output].segments.push_back(bytes.Flatten());
    co_return Result<void>();
  }
  void OnProgress(double fraction) override {
    if (fraction < progress_ || fraction > 1) faults_.emplace_back("progress that falls");
    progress_ = fraction;
  }

  const std::vector<Output>& outputs() const { return outputs_; }
  const std::vector<std::string>& faults() const { return faults_; }
  double progress() const { return progress_; }

 private:
  std::vector<Output> outputs_;
  std::vector<std::string> faults_;
  double progress_ = 0;
};

}  // namespace tritontube::support
