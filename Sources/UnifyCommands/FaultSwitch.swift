internal import Foundation
internal import Tenancy

/// Lets a test stop a debug build dead at a named place, as kill -9 would. A release build has no such switch.
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
