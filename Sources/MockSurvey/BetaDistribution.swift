import PhotozElementary

/// Numbers between 0 and 1 with density proportional to x^(a-1) (1-x)^(b-1).
enum BetaDistribution {
    /// For a and b above 1, by the algorithm BB of Cheng (1978, "Generating beta variates with nonintegral shape
    /// parameters", Communications of the ACM 21, 317).
    static func draw(_ a0: Double, _ b0: Double, _ numbers: inout CounterBasedNumbers) -> Double {
        let (a, b) = (min(a0, b0), max(a0, b0))
        let sum = a + b
        let beta = ((sum - 2) / (2 * a * b - sum)).squareRoot()
        let gamma = a + 1 / beta
        while true {
            let (first, second) = (numbers.uniform(), numbers.uniform())
            let v = beta * Elementary.log(first / (1 - first))
            let w = a * Elementary.exp(v)
            // Accept when the logarithm of the densities' ratio says so.
            let bound = sum * Elementary.log(sum / (b + w)) + gamma * v - 1.3862943611198906
            guard bound >= Elementary.log(first * first * second) else { continue }
            return a == a0 ? w / (b + w) : b / (b + w)
        }
    }
}
