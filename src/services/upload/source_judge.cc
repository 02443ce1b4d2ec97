#include "services/upload/source_judge.h"

#include <fmt/format.h>

#include "domain/planning/planning.h"
#include "foundation/telemetry/log.h"
#include "services/upload/stored_source.h"

namespace tritontube::upload {

Refused TooLarge(ByteCount size_max) {
  return {Refused::Reason::kTooLarge,
          fmt::format("The file is larger than {} bytes, the most this server takes.", size_max)};
}

Refused NoRoom(const space::Shortage& shortage) {
  return {Refused::Reason::kNoRoom, shortage.ToText(), shortage};
}

Refused NoRoomNow(const space::Shortage& shortage) {
  return {Refused::Reason::kNoRoom,
          fmt::format("The disk is full: it has {} free, and this upload still needs {} with all "
                      "that is made of it. Delete videos or give the server a larger disk, then "
                      "send the rest: what was acknowledged is kept, and the upload goes on there.",
                      space::Megabytes(shortage.free), space::Megabytes(shortage.needed)),
          shortage};
}

Refused NotMedia() {
  return {Refused::Reason::kNotMedia,
          "This is not a video or audio file that TritonTube knows. It takes MP4, MOV, MKV, WebM, "
          "MPEG-TS, AVI, FLV, WMV, Ogg, MP3, FLAC, AAC and WAV."};
}

std::optional<media::Container> Sniff(const blob::Bytes& head) {
  const std::string start =
      head.Slice(0, std::min<ByteCount>(head.size(), media::kSniffBytes)).Flatten();
  return media::SniffContainer(AsBytes(start));
}

async::Task<Judgement> SourceJudge::Judge(sources::SourceKey source, media::Container container,
                                          std::optional<catalog::CopyVerdict> copy) {
  Judgement judgement;
  if (!copy) {
    judgement.analysis = co_await Analyse(source, container);
    if (judgement.analysis) copy = judgement.analysis->copy;
  }
  // Of what is shown as it is the boxes have told everything, and to start ffprobe
  // takes longer than all the rest.
  if (!copy || !copy->ShowsAll()) judgement.refused = co_await Probe(source, container);
  co_return judgement;
}

async::Task<std::optional<Refused>> SourceJudge::Probe(sources::SourceKey source,
                                                       media::Container container) {
  if (source.size > options_.probe_size_max) co_return std::nullopt;
  Result<scratch::ScratchFolder> folder = scratch_.NewFolder();
  if (!folder) co_return std::nullopt;
  const Deadline deadline = Deadline::After(options_.probe_timeout);
  const auto file = co_await scratch_.CopySource(*folder, "source", store_, source, deadline);
  if (!file) co_return std::nullopt;
  const Result<media::Source> probed = co_await prober_.Probe(*file, container, deadline);
  const Result<media::EncodePlan> plan =
      probed ? planning::PlanEncode(*probed) : std::unexpected(probed.error());
  if (plan || plan.error().code() != ErrorCode::kInvalidArgument) co_return std::nullopt;
  co_return Refused{Refused::Reason::kUnusable, plan.error().message()};
}

async::Task<std::optional<catalog::SourceAnalysis>> SourceJudge::Analyse(
    sources::SourceKey source, media::Container container) {
  StoredSource file(store_, source);
  Result<Analysis> analysis =
      co_await analyst_.Analyse(container, file, Deadline::After(options_.analysis_timeout));
  if (!analysis) {
    telemetry::Log(telemetry::Level::kWarning, "a file could not be looked at",
                   {{"video", source.video.text()}, {"error", analysis.error().message()}});
    co_return std::nullopt;
  }
  co_return std::get<Analysed>(*std::move(analysis)).analysis;
}

}  // namespace tritontube::upload
