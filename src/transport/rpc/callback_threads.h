#pragma once

namespace tritontube::rpc {

// Keeps gRPC's threads for callbacks from now to the end of the process. Every channel and server
// that calls back asks for it first.
void HoldCallbackThreads();

}  // namespace tritontube::rpc
