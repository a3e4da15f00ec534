// A command line that is wrong, told as all of Freshet tells: what, where, and the likely word.
//
// What was typed is repeated only as far as it cannot be a secret: an option's name without its
// value, a word that is near to a command's name.
// Threads: free functions
#pragma once

namespace CLI {
class App;
}

namespace freshet::commands {

// After every command is added: sets how the help and the mistakes of all of them are written, and
// refuses options whose value is empty (an unset variable of a script), which would be as if they
// were not given.
void finish_command_line(CLI::App* app);

}  // namespace freshet::commands
