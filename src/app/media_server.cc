#include "app/media_server.h"

#include "app/shared_metrics.h"

namespace tritontube::app {

MediaServer::MediaServer(const MediaServerSettings& settings, Engines engines, LocalTools local,
                         Surroundings surroundings)
    : settings_(settings),
      request_log_(settings.slow_request_after),
      engines_(std::move(engines)),
      local_(std::move(local)),
      blobs_(engines_.blobs),
      lease_(engines_.coordination, kLeaseTtl),
      catalog_(engines_.coordination),
      jobs_(engines_.coordination, catalog_, random_),
      space_(blobs_, catalog_, jobs_, settings.space),
      analyst_(surroundings.blocking),
      judge_({.store = blobs_,
              .scratch = *local_.scratch,
              .prober = *local_.tools,
              .analyst = analyst_},
             {}),
      upload_({.catalog = catalog_,
               .store = blobs_,
               .space = space_,
               .judge = judge_,
               .lease = lease_,
               .clock = clock_,
               .random = random_},
              settings.upload),
      resumable_({.catalog = catalog_,
                  .store = blobs_,
                  .space = space_,
                  .judge = judge_,
                  .analyst = analyst_,
                  .clock = clock_,
                  .random = random_},
                 {.size_max = settings.upload.size_max, .expiry = settings.upload_expiry}),
      search_(catalog_, engines_.coordination, *local_.index),
      library_(catalog_, blobs_, search_),
      delivery_(catalog_, blobs_, surroundings.blocking, settings.delivery),
      extra_tools_(local_.tools->options()),
      extras_(blobs_, *local_.scratch, extra_tools_),
      captions_(Stores()),
      posters_(Stores(), *local_.scratch, extra_tools_),
      collector_(catalog_, blobs_, clock_),
      damage_log_(engines_.coordination),
      verifier_(catalog_, engines_.blobs, damage_log_, clock_),
      named_files_(catalog_, engines_.blobs),
      scrubber_({.catalog = catalog_,
                 .store = engines_.blobs,
                 .watched = blobs_,
                 .log = damage_log_,
                 .clock = clock_},
                settings.scrub),
      metrics_({.http = http_metrics_,
                .connections_max = settings.http.connections_max,
                .job_log = job_log_,
                .jobs = jobs_,
                .engines = engines_,
                .lease = lease_,
                .upload = upload_,
                .resumable = resumable_,
                .delivery = delivery_,
                .collector = collector_,
                .extras = extras_,
                .search = search_,
                .scratch = *local_.scratch,
                .space = space_,
                .damage = damage_log_,
                .blocking = surroundings.blocking,
                .blocking_queue_max = surroundings.blocking_queue_max,
                .log = surroundings.log}),
      reporter_(surroundings.cluster, engines_.blobs, jobs_, engines_.coordination),
      workshop_({.name = WorkerName(),
                 .coordination = engines_.coordination,
                 .catalog = catalog_,
                 .jobs = jobs_,
                 .store = blobs_,
                 .space = space_,
                 .scratch = *local_.scratch,
                 .prober = *local_.tools,
                 .encoder = *local_.tools,
                 .extras = extras_,
                 .lease = lease_,
                 .clock = clock_,
                 .random = random_,
                 .observer = job_log_,
                 .executor = surroundings.background},
                static_cast<std::size_t>(settings.workers)),
      background_(surroundings.background) {}

async::Task<Result<void>> MediaServer::Start(async::IoPool& http_io) {
  TT_CO_RETURN_IF_ERROR(co_await lease_.Start(Deadline::After(kStartTimeout)));
  TT_CO_RETURN_IF_ERROR(co_await damage_log_.Load(Deadline::After(kStartTimeout)));
  // Before anybody asks for room: what waits to be transcoded needs some.
  TT_CO_RETURN_IF_ERROR(co_await space_.Reconcile(Deadline::After(kStartTimeout)));
  background_.Spawn(lease_.Run());
  background_.Spawn(space_.Run());
  background_.Spawn(collector_.Run());
  background_.Spawn(upload_.Run());
  background_.Spawn(resumable_.Run());
  background_.Spawn(search_.Run());
  background_.Spawn(scrubber_.Run());
  workshop_.Start();
  http::Server::Options options{
      .listen_address = LiteralAddress(settings_.listen.host),
      .port = settings_.listen.port,
      .limits = settings_.http,
      .host_policy = http::HostPolicy::ForListener(settings_.listen.host, settings_.allowed_hosts),
      .observer = &observers_};
  TT_CO_ASSIGN_OR_RETURN(server_, http::Server::Start(http_io, BuildRouter(), std::move(options)));
  co_return Result<void>();
}

async::Task<void> MediaServer::Stop() {
  std::vector<async::Task<void>> stops;
  if (server_) stops.push_back(server_->Stop(Deadline::After(settings_.drain_time)));
  stops.push_back(workshop_.Stop());
  co_await async::RunAll(std::move(stops));
  // The lease last: it says that what was under way until now had an owner.
  co_await background_.Stop();
}

extras::ExtraStores MediaServer::Stores() {
  return {
      .catalog = catalog_, .store = blobs_, .lease = lease_, .random = random_, .space = space_};
}

http::Router MediaServer::BuildRouter() {
  return http_api::BuildRouter({.library = library_,
                                .catalog = catalog_,
                                .coordination = engines_.coordination,
                                .upload = upload_,
                                .resumable = resumable_,
                                .delivery = delivery_,
                                .verifier = verifier_,
                                .blobs = engines_.blobs,
                                .captions = captions_,
                                .posters = posters_,
                                .assets = assets_,
                                .cluster = reporter_,
                                .health = {.unready_reason = [this] { return UnreadyReason(); },
                                           .metrics_text = [this] { return Metrics(); }}},
                               {.upload_bytes_max = settings_.upload.size_max});
}

async::Task<std::string> MediaServer::Metrics() {
  return metrics_.Scrape(Deadline::After(kScrapeTime));
}

async::Task<std::optional<std::string>> MediaServer::UnreadyReason() {
  const Deadline deadline = Deadline::After(std::chrono::seconds(2));
  const auto answer = co_await engines_.coordination.Get("ready", deadline);
  if (!answer) co_return "The metadata cannot be read: " + answer.error().message();
  const auto room = co_await space_.Measure(deadline);
  if (!room) co_return "The blob store does not answer: " + room.error().message();
  co_return room->WhyFull();
}

}  // namespace tritontube::app
