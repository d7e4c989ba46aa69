import Foundation
import PhotozMachine
import TestSupport
import Testing

/// Files of packed weights: what was kept comes back, and nothing else ever does.
@Suite struct WeightsCacheTests {
    private let scratch = try! TemporaryFolder()
    private var path: String { scratch.file("cache/photoz") }
    private static let content = (0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }

    private func cache(_ version: String = "1") throws -> WeightsCache {
        try #require(WeightsCache(path, version: version))
    }

    private func write(_ cache: WeightsCache, _ hash: String = "h", _ content: [UInt8] = content) -> Bool {
        content.withUnsafeBytes { cache.write($0, hash, "layout") }
    }

    /// Whether that comes back: an expectation that compared the bytes would print them all.
    private func finds(_ cache: WeightsCache, _ hash: String = "h", _ content: [UInt8] = content) -> Bool {
        read(cache, hash, count: content.count) == content
    }

    /// Whether nothing comes back.
    private func misses(
        _ cache: WeightsCache, _ hash: String = "h", _ layout: String = "layout", count: Int = content.count
    ) -> Bool { read(cache, hash, layout, count: count) == nil }

    /// What comes back; nil when nothing does, and the memory is then all zeros.
    private func read(
        _ cache: WeightsCache, _ hash: String = "h", _ layout: String = "layout", count: Int = content.count
    ) -> [UInt8]? {
        var memory = [UInt8](repeating: 0, count: count)
        guard memory.withUnsafeMutableBytes({ cache.read(hash, layout, into: $0) }) else {
            let isZero = memory.allSatisfy { $0 == 0 }
            #expect(isZero)
            return nil
        }
        return memory
    }

    private var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }
    private var file: String { path + "/" + (names.first ?? "none") }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test func whatWasKeptComesBack() throws {
        let cache = try cache()
        #expect(misses(cache))
        #expect(write(cache))
        #expect(finds(cache))
        #expect(names.count == 1)
        #expect(try mode(file) == 0o600)
        #expect(try mode(path) == 0o700)
        #expect(try mode(scratch.file("cache")) == 0o700)
        // Nothing, and bytes beside a block's.
        for count in [0, 1, 1 << 19, 1 << 19 + 1] {
            #expect(write(cache, "other", Array(Self.content.prefix(count))))
            #expect(finds(cache, "other", Array(Self.content.prefix(count))))
        }
    }

    @Test func anotherKeyFindsNothing() throws {
        let cache = try cache()
        #expect(write(cache))
        #expect(misses(cache, "other"))
        #expect(misses(cache, "h", "layout 2"))
        #expect(misses(try self.cache("2")))
        #expect(misses(cache, count: Self.content.count - 1))
        // Under the name of another key.
        #expect(write(cache, "other"))
        let all = names
        try #require(all.count == 2)
        try FileManager.default.removeItem(atPath: path + "/" + all[0])
        try FileManager.default.copyItem(atPath: path + "/" + all[1], toPath: path + "/" + all[0])
        #expect([misses(cache), misses(cache, "other")].count { $0 } == 1)
    }

    @Test func damageIsNoticedAndMended() throws {
        let cache = try cache()
        #expect(write(cache))
        let (url, whole) = (URL(fileURLWithPath: file), try Data(contentsOf: URL(fileURLWithPath: file)))
        var damaged: [Data] = []
        var numbers = SeededNumbers(seed: 1)
        let places =
            [0, 30, 4095, 4096, whole.count - 1]
            + (0..<60).map { _ in Int.random(in: 0..<whole.count, using: &numbers) }
        for place in places {
            var changed = whole
            changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &numbers)
            damaged.append(changed)
        }
        for count in [0, 1, 100, 4095, 4096, 4097, whole.count / 2, whole.count - 1] {
            damaged.append(whole.prefix(count))
        }
        damaged.append(whole + [0])
        damaged.append(Data(count: whole.count))
        // What a crash leaves of a file whose size was stored before its bytes.
        damaged.append(whole.prefix(4096) + Data(count: whole.count - 4096))
        for (number, data) in damaged.enumerated() {
            try data.write(to: url)
            chmod(file, 0o600)
            #expect(misses(cache), "\(number)")
        }
        #expect(write(cache))
        #expect(finds(cache))
        #expect(try Data(contentsOf: url) == whole && names.count == 1)
    }

    @Test func whatOthersMayWriteIsNotTrusted() throws {
        let cache = try cache()
        #expect(write(cache))
        let (file, other) = (file, scratch.file("other"))
        for mode in [0o620, 0o602, 0o666] as [mode_t] {
            chmod(file, mode)
            #expect(misses(cache), "\(String(mode, radix: 8))")
        }
        chmod(file, 0o644)
        #expect(finds(cache))
        // The right bytes, but by way of a link.
        try FileManager.default.moveItem(atPath: file, toPath: other)
        #expect(symlink(other, file) == 0)
        #expect(misses(cache))
        #expect(write(cache))
        #expect(finds(cache))
        #expect(try FileManager.default.attributesOfItem(atPath: file)[.type] as? FileAttributeType == .typeRegular)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other)).count > Self.content.count, "the link's end stays")
        // Nobody writes into it.
        unlink(file)
        #expect(mkfifo(file, 0o600) == 0)
        #expect(misses(cache))
        unlink(file)
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
        #expect(misses(cache) && !write(cache) && names.count == 1)
    }

    @Test func whatBelongsToAnotherIsNotTrusted() throws {
        let cache = try cache()
        #expect(write(cache))
        // Only root can give a file away.
        guard chown(file, 65534, 65534) == 0 else { return }
        #expect(misses(cache))
        #expect(write(cache))
        #expect(finds(cache))
        chown(path, 65534, 65534)
        #expect(WeightsCache(path, version: "1") == nil)
        #expect(WeightsCache.state(of: path).contains("belongs to another user"))
    }

    @Test func foldersThatCannotBe() throws {
        #expect(WeightsCache(nil, version: "1") == nil)
        #expect(WeightsCache.state(of: nil).hasPrefix("none"))
        #expect(WeightsCache(scratch.file("a/b/c"), version: "1") == nil, "only the last two are made")
        #expect(WeightsCache.state(of: path) == "\(path): not there yet")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for mode in [0o770, 0o707, 0o777] as [mode_t] {
            chmod(path, mode)
            #expect(WeightsCache(path, version: "1") == nil)
            #expect(WeightsCache.state(of: path).contains("can be written by other users"))
        }
        chmod(path, 0o755)
        #expect(write(try cache()))
        #expect(WeightsCache.state(of: path) == "\(path): 1 file, 2 MB")
        let link = scratch.file("link")
        #expect(symlink(path, link) == 0)
        #expect(WeightsCache(link, version: "1") == nil)
        #expect(WeightsCache.state(of: link).contains("not used"))
        let file = scratch.file("file")
        try Data().write(to: URL(fileURLWithPath: file))
        #expect(WeightsCache(file, version: "1") == nil)
        #expect(WeightsCache(file + "/photoz", version: "1") == nil)
    }

    @Test func whatWasNotUsedForLongestGoes() throws {
        let cache = try cache()
        func age(_ name: String, hours: Int) {
            var times = [
                timeval(tv_sec: time(nil) - 3600 * hours, tv_usec: 0),
                timeval(tv_sec: time(nil) - 3600 * hours, tv_usec: 0),
            ]
            utimes(path + "/" + name, &times)
        }
        for number in 0..<8 {
            let before = Set(names)
            #expect(write(cache, "\(number)", [1, 2, 3]))
            for name in Set(names).subtracting(before) { age(name, hours: 100 - number) }
        }
        // What others left is not touched, and what was not finished goes when nobody can be at it.
        for name in ["mine", "inprogress_1.packed", "inprogress_2.packed"] {
            try Data([1]).write(to: URL(fileURLWithPath: path + "/" + name))
        }
        age("mine", hours: 1000)
        age("inprogress_1.packed", hours: 2)
        // The oldest is used.
        #expect(read(cache, "0", count: 3) == [1, 2, 3])
        #expect(write(cache, "8", [1, 2, 3]))
        #expect(names.count == 10 && names.contains("mine") && names.contains("inprogress_2.packed"))
        #expect((0...8).filter { read(cache, "\($0)", count: 3) == nil } == [1])
        #expect(WeightsCache.state(of: path).contains("8 files"))
    }

    @Test("Any number of processes may read and write at a time") func manyAtOnce() throws {
        let cache = try cache()
        #expect(write(cache))
        DispatchQueue.concurrentPerform(iterations: 8) { thread in
            for _ in 0..<12 {
                if thread < 3 {
                    #expect(write(cache))
                } else {
                    #expect(finds(cache))
                }
            }
        }
        #expect(names.count == 1)
    }
}
