internal import Foundation
internal import Tenancy

/// Lets a test kill a debug build at a named point, as kill -9 would. Release builds have no such switch.
enum FaultSwitch {
    static func points(killAt name: String?) -> FaultPoints {
        #if DEBUG
            guard let name else { return .none }
            return FaultPoints { reached in
                if reached == name { kill(getpid(), SIGKILL) }
            }
        #else
            return .none
        #endif
    }
}
