#pragma once

#include <utility>

#include "domain/sources/arrival.h"
#include "services/upload/source_analyst.h"

namespace tritontube::upload {

// A file whose every byte is stored, in parts.
class StoredSource final : public SourceReader {
 public:
  StoredSource(blob::BlobStore& store, sources::SourceKey source)
      : store_(store), source_(std::move(source)) {}

  ByteCount size() const override { return source_.size; }
  bool Holds(blob::ByteRange /*range*/) const override { return true; }
  async::Task<Result<blob::Bytes>> Read(blob::ByteRange range, Deadline deadline) override {
    co_return co_await sources::ReadSource(store_, source_, range, deadline);
  }

 private:
  blob::BlobStore& store_;
  const sources::SourceKey source_;
};

// A file that is on its way, as it was at one moment.
class ArrivingSource final : public SourceReader {
 public:
  ArrivingSource(blob::BlobStore& store, sources::SourceKey source, sources::Arrival arrival)
      : store_(store), source_(std::move(source)), arrival_(std::move(arrival)) {}

  ByteCount size() const override { return source_.size; }
  bool Holds(blob::ByteRange range) const override {
    return sources::MissingOf(arrival_, source_.size, range).empty();
  }
  async::Task<Result<blob::Bytes>> Read(blob::ByteRange range, Deadline deadline) override {
    co_return co_await sources::ReadArrived(store_, source_, arrival_, range, deadline);
  }

 private:
  blob::BlobStore& store_;
  const sources::SourceKey source_;
  const sources::Arrival arrival_;
};

}  // namespace tritontube::upload
