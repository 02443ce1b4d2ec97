#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <list>

#include "foundation/async/task_group.h"
#include "transport/http/connection.h"

namespace tritontube::http {

using TcpAcceptor = async::asio::basic_socket_acceptor<async::asio::ip::tcp, async::Executor>;

// Fails as Server::Start() does. Several sockets may listen at one endpoint; a
// port of 0 becomes a free one.
Result<TcpAcceptor> Listen(async::Executor executor,
                           const async::asio::ip::tcp::endpoint& endpoint);
// kAlreadyExists when anybody listens at `endpoint`, even one who would share.
Result<void> RequireFree(async::Executor executor, const async::asio::ip::tcp::endpoint& endpoint);

// Accepts the connections of one io_context and owns them. Every method but the
// constructor runs on that context's thread.
class Listener {
 public:
  Listener(TcpAcceptor acceptor, ServerContext& context);

  void Start();
  async::Task<void> Stop(Deadline deadline);
  async::Executor executor() { return acceptor_.get_executor(); }

 private:
  async::Task<void> Accept();
  async::Task<void> Serve(TcpSocket socket);
  async::Task<void> SweepConnections();
  async::Task<void> CancelAt(Deadline deadline);
  void TurnAway(TcpSocket socket) const;

  TcpAcceptor acceptor_;
  ServerContext& context_;
  std::list<Connection*> connections_;
  bool stopping_ = false;
  async::TaskGroup serving_;
  async::TaskGroup housekeeping_;  // Ends after what it looks after.
};

}  // namespace tritontube::http
