import ArgumentParser
import PhotozCosts

/// What computing time costs.
struct PriceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("AWS Lambda's price of a GB and second, USD.", valueName: "price"))
    var lambdaPrice = Prices().gigabyteSecond

    @Option(help: ArgumentHelp("The price of a core for an hour, USD; none unless given.", valueName: "price"))
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
