#pragma once

namespace tritontube::process {

// What main() does, before anything else and before any other thread, when
// argv[1] is kJailVerb ("__jail"): puts this process into the jail that the
// arguments describe and becomes the program they name. Returns only if that
// failed; the result is the exit code, and the parent's Spawn() reports why.
int JailMain(int argc, char** argv);

}  // namespace tritontube::process
