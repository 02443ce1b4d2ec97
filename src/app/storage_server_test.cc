#include "app/storage_server.h"

#include <gmock/gmock.h>

#include "adapters/http_client/curl_client.h"
#include "app/documented_metrics_test.h"
#include "core/coordination/model_coordination.h"
#include "domain/topology/topology_store.h"
#include "endpoints/storage_rpc/wire_values.h"
#include "foundation/telemetry/log.h"
#include "support/blocking_blob_store.h"
#include "support/forwarding_coordination.h"
#include "support/must.h"
#include "support/temporary_folder.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::app {
namespace {

using async::Task;
using blob::Bytes;
using support::CodeOf;
using support::Must;
using support::TestKey;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Deadline Soon() { return Deadline::After(std::chrono::minutes(1)); }

// Where a node runs, again and again, and the etcd of its cluster.
class World {
 public:
  World() {
    settings.folder = folder.path() / "storage" / "1";
    settings.port = 0;
    settings.metrics_listen = config::SocketAddress{.host = "localhost", .port = 0};
    settings.blobs.free_bytes_min = 0;
    settings.blobs.reserve_bytes = 0;
  }

  // A node for as long as `body` runs.
  void WithNode(Task<void> (*body)(World&, StorageServer&)) {
    async::BlockOn(background.executor(0), Run(body));
  }
  OpenCoordination Opener() {
    return [this](std::vector<std::string> endpoints, Deadline /*deadline*/) {
      return OpenModel(this, std::move(endpoints));
    };
  }
  StorageServer::Surroundings Surroundings() {
    return {.blocking = blocking,
            .blocking_queue_max = 64,
            .background = background.executor(0),
            .log = log};
  }
  v1::Target TargetOf(const StorageServer& server, topology::Epoch epoch = 1) const {
    v1::Target target;
    target.set_cluster(cluster.text());
    target.set_node(server.node().state()->node.text());
    target.set_epoch(epoch);
    return target;
  }
  static Task<Result<Bytes>> Call(StorageServer& server, std::string method, Bytes request) {
    rpc::Channel channel(server.address());
    co_return co_await channel.Call("/tritontube.v1.Storage/" + method, std::move(request), Soon());
  }
  Task<Result<Bytes>> Join(StorageServer& server) const {
    v1::JoinRequest request;
    *request.mutable_target() = TargetOf(server);
    request.add_etcd("etcd-1:2379");
    co_return co_await Call(server, "Join", rpc::ToBytes(request));
  }
  Task<Result<Bytes>> Put(StorageServer& server, std::string file, std::string text) const {
    v1::PutRequest request;
    *request.mutable_target() = TargetOf(server);
    Bytes payload(std::move(text));
    storage_rpc::Write({.key = TestKey(std::move(file)),
                        .stat = {.size = payload.size(), .digest = blob::DigestOf(payload)}},
                       *request.add_blobs());
    co_return co_await Call(server, "Put", rpc::WithPayload(request, std::move(payload)));
  }
  Task<Result<std::string>> Get(StorageServer& server, std::string file) const {
    v1::GetRequest request;
    *request.mutable_target() = TargetOf(server);
    storage_rpc::Write(TestKey(std::move(file)), *request.mutable_key());
    TT_CO_ASSIGN_OR_RETURN(const Bytes answer, co_await Call(server, "Get", rpc::ToBytes(request)));
    co_return Must(rpc::ParseWithPayload<v1::GetResponse>(answer)).second.Flatten();
  }
  // What is answered over HTTP, as "STATUS BODY".
  Task<std::string> Fetch(StorageServer& server, std::string path) {
    const std::string url =
        "http://" + config::FormatSocketAddress(server.metrics_address().value());
    co_return Must(co_await blocking.Run([url, path]() -> Result<std::string> {
      const std::atomic<bool> stop = false;
      TT_ASSIGN_OR_RETURN(const auto client, http_client::CurlClient::Open(url, stop));
      TT_ASSIGN_OR_RETURN(const http_client::Answer answer, client->Send({.path = path}));
      return fmt::format("{} {}", answer.status, answer.body);
    }));
  }
  // Until it has counted its `starts`th registration.
  Task<void> WaitUntilRegistered(StorageServer& server, std::string starts) {
    const std::string key = "node/" + server.node().state()->node.text();
    const auto watch = etcd.WatchPrefix(key, 0);
    for (;;) {
      const auto batch = Must(co_await watch->Next(Soon()));
      TT_ASSERT(!batch.events.empty(), "it does not register");
      if (batch.events.back().item.value == starts) break;
    }
    // What is written there is known to the node in its next step.
    while (!server.node().registered()) {
      co_await async::asio::post(background.executor(0), async::kUseTask);
    }
  }

 private:
  Task<void> Run(Task<void> (*body)(World&, StorageServer&)) {
    const auto server = Must(StorageServer::Open(settings, Surroundings(), Opener()));
    Must(server->Start(rpc_io));
    co_await body(*this, *server);
    co_await server->Stop();
  }
  static Task<Result<std::unique_ptr<coordination::Coordination>>> OpenModel(
      World* self, std::vector<std::string> endpoints) {
    EXPECT_EQ(endpoints, std::vector<std::string>{"etcd-1:2379"});
    if (self->is_etcd_away) {
      self->refused.Notify();
      co_return Fail(ErrorCode::kUnavailable, "etcd is away");
    }
    co_return std::make_unique<support::ForwardingCoordination>(self->etcd);
  }

 public:
  support::TemporaryFolder folder;
  StorageSettings settings;
  SeededRandom random{5};
  const ClusterId cluster = ClusterId::Generate(random);
  SystemClock clock;
  coordination::ModelCoordination etcd{clock};
  std::atomic<bool> is_etcd_away = false;
  async::Event refused;
  telemetry::LogSession log{{}};
  async::BlockingPool blocking{2, 64};
  async::IoPool rpc_io{2};
  async::IoPool background{1};
};

TEST(StorageServer, IsTakenIntoAClusterAndThereAgainAfterARestart) {
  World world;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    EXPECT_EQ(CodeOf(co_await test.Get(server, "a")), ErrorCode::kFailedPrecondition);
    Must(co_await test.Join(server));
    co_await test.WaitUntilRegistered(server, "1");
    Must(co_await test.Put(server, "a", "bytes"));
    EXPECT_EQ(CodeOf(co_await test.Get(server, "b")), ErrorCode::kNotFound);
  });
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    co_await test.WaitUntilRegistered(server, "2");
    EXPECT_EQ(Must(co_await test.Get(server, "a")), "bytes");
    EXPECT_EQ(CodeOf(co_await test.Get(server, "b")), ErrorCode::kNotFound);
  });
}

TEST(StorageServer, ServesWhatItHasWhileEtcdIsAway) {
  World world;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    Must(co_await test.Join(server));
    co_await test.WaitUntilRegistered(server, "1");
    Must(co_await test.Put(server, "a", "bytes"));
  });
  world.is_etcd_away = true;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    co_await test.refused.WaitBeyond(0, Soon());
    EXPECT_EQ(Must(co_await test.Get(server, "a")), "bytes");
    EXPECT_EQ(CodeOf(co_await test.Get(server, "b")), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await test.Put(server, "b", "bytes")), ErrorCode::kUnavailable);
    test.is_etcd_away = false;
    co_await test.WaitUntilRegistered(server, "2");
    Must(co_await test.Put(server, "b", "bytes"));
  });
}

TEST(StorageServer, TellsHowItIsOverHttp) {
  World world;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    EXPECT_THAT(co_await test.Fetch(server, "/healthz"), StartsWith("200"));
    EXPECT_THAT(co_await test.Fetch(server, "/readyz"),
                AllOf(StartsWith("503"), HasSubstr("not in a cluster")));
    Must(co_await test.Join(server));
    co_await test.WaitUntilRegistered(server, "1");
    Must(co_await test.Put(server, "a", "bytes"));
    EXPECT_THAT(co_await test.Fetch(server, "/readyz"), StartsWith("200"));
    EXPECT_THAT(
        co_await test.Fetch(server, "/metrics"),
        AllOf(HasSubstr("\ntritontube_node_registered 1\n"),
              HasSubstr("\ntritontube_node_epoch 1\n"), HasSubstr("\ntritontube_store_up 1\n"),
              HasSubstr("\ntritontube_queue_depth{queue=\"calls\"} 0\n"),
              HasSubstr("\ntritontube_queue_limit{queue=\"call_bytes\"} 268435456\n"),
              HasSubstr("\ntritontube_calls_refused_total 0\n")));
  });
}

TEST(StorageServer, TellsNothingOverHttpUnlessItIsAskedTo) {
  World world;
  world.settings.metrics_listen.reset();
  world.WithNode([](World& /*test*/, StorageServer& server) -> Task<void> {
    EXPECT_FALSE(server.metrics_address().has_value());
    co_return;
  });
}

TEST(StorageServer, TellsWhatIsDocumented) {
  World world;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    std::istringstream scraped(co_await test.Fetch(server, "/metrics"));
    std::set<std::string> told;
    for (std::string line; std::getline(scraped, line);) {
      if (line.starts_with("# TYPE ")) told.insert(line.substr(7, line.rfind(' ') - 7));
    }
    EXPECT_EQ(told, DocumentedMetrics("A content node tells"));
  });
}

TEST(StorageServer, DoesNotStartWithoutWhatItHasStoredWhenNobodyElseIsKnownToHaveIt) {
  World world;
  world.WithNode([](World& in, StorageServer& server) -> Task<void> {
    Must(co_await in.Join(server));
    co_await in.WaitUntilRegistered(server, "1");
  });
  const std::filesystem::path blobs = world.settings.folder / "blobs";
  // As when its disk is not mounted.
  for (const bool is_there : {false, true}) {
    std::filesystem::remove_all(blobs);
    if (is_there) std::filesystem::create_directory(blobs);
    const auto opened = StorageServer::Open(world.settings, world.Surroundings(), world.Opener());
    EXPECT_EQ(CodeOf(opened), ErrorCode::kDataLoss);
    EXPECT_THAT(opened.error().message(), AllOf(HasSubstr(blobs.string()), HasSubstr("--dead")));
    EXPECT_EQ(std::filesystem::exists(blobs), is_there) << "nothing is begun anew";
  }
}

TEST(StorageServer, SaysThatAnotherProcessHasTheFolder) {
  World world;
  world.WithNode([](World& test, StorageServer& /*server*/) -> Task<void> {
    const auto second = StorageServer::Open(test.settings, test.Surroundings(), test.Opener());
    EXPECT_EQ(CodeOf(second), ErrorCode::kFailedPrecondition);
    EXPECT_NE(second.error().message().find(test.settings.folder.string()), std::string::npos);
    co_return;
  });
}

TEST(StorageServer, SaysThatThePortIsTaken) {
  World world;
  world.WithNode([](World& test, StorageServer& server) -> Task<void> {
    StorageSettings settings = test.settings;
    settings.folder = test.folder.path() / "storage" / "2";
    settings.port = config::ParseSocketAddress(server.address())->port;
    const auto second = Must(StorageServer::Open(settings, test.Surroundings(), test.Opener()));
    const Result<void> started = second->Start(test.rpc_io);
    EXPECT_EQ(CodeOf(started), ErrorCode::kUnavailable);
    EXPECT_NE(started.error().message().find(std::to_string(settings.port)), std::string::npos);
    co_await second->Stop();
  });
}

}  // namespace
}  // namespace tritontube::app
