#pragma once

#include <string>
#include <vector>

#include "app/admin_client.h"
#include "app/client/terminal.h"

namespace tritontube::app {

// `admin scrub`: content nodes, all when none is named, read every byte that they store and compare
// it with the others; what is damaged or missing is brought back. Returns when they have, and fails
// when something could not be. They go on when this is interrupted.
Result<void> ScrubNodes(AdminClient& admin, const std::vector<std::string>& nodes, bool json,
                        client::Terminal& terminal);
// `admin verify`: that of all nodes, and then whether everything is there that the rows name. Fails
// unless every copy of every acknowledged byte is where it should be, and whole.
Result<void> VerifyCluster(AdminClient& admin, bool json, client::Terminal& terminal);

}  // namespace tritontube::app
