#pragma once

namespace tritontube::rpc {

// From now on what gRPC has to say for itself is in our log, at the level of details: what of it
// matters comes as an error of a call, in words of ours. Any thread, any number of times.
void TakeLibraryLog();

}  // namespace tritontube::rpc
