#include "app/cli/cli.h"

int main(int argc, char** argv) { return regard::cli_main(argc, argv); }
