/* talea: the operator's command line. */
#include "cli/cli.h"
#include "store/damage.h"

int main(int argc, char **argv)
{
    damage_catch();
    return (int)cli_main(argc, argv, stdout, stderr);
}
