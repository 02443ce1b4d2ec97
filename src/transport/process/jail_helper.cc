// The program that tests start their jailed children with.
#include "transport/process/jail_main.h"

int main(int argc, char** argv) { return tritontube::process::JailMain(argc, argv); }
