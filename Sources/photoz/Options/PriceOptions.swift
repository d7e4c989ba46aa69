import ArgumentParser
import PhotozCosts

/// What computing time costs.
struct PriceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("AWS Lambda's price of one GB of memory for one second, in USD.", valueName: "price"))
    var lambdaPrice = Prices().gigabyteSecond

    @Option(help: ArgumentHelp("The price of one core for one hour, in USD (default: none).", valueName: "price"))
    var coreHourPrice: Double?

    var prices: Prices {
        var prices = Prices()
        prices.gigabyteSecond = lambdaPrice
        prices.coreHour = coreHourPrice
        return prices
    }

    func validate() throws {
        guard [lambdaPrice, coreHourPrice ?? 0].allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw ValidationError("--lambda-price and --core-hour-price are numbers from 0.")
        }
    }
}
