internal import UnifyCommands

@main
struct Main {
    static func main() async { await UnifyCommand.run() }
}
