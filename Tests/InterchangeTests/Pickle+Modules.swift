extension Pickle {
    /// An empty object of a module's class on the stack.
    mutating func module() {
        global("blocks", "Block")
        opcode(")")
        bytes.append(0x81)
    }

    /// Gives the module on the stack those that were remembered under the numbers.
    mutating func modules(_ numbers: [UInt8], parameters: Int = 0) {
        opcode("}")
        if parameters > 0 {
            text("_parameters")
            opcode("}")
            for index in 0..<parameters {
                text("p\(index)")
                opcode("K", [1])
                opcode("s")
            }
            opcode("s")
        }
        text("_modules")
        opcode("}")
        for (index, number) in numbers.enumerated() {
            text("\(index)")
            opcode("h", [number])
            opcode("s")
        }
        opcode("s")
        opcode("b")
    }

    private mutating func text(_ text: String) { opcode("X", [UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)) }
}
