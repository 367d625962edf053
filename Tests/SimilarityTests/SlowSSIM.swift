import Domain
import Foundation

/// SSIM as Wang 2004 writes it, one window after another, in double precision: independent of the kernels.
func slowSSIM(_ first: Image, _ second: Image, gaussian: Bool) -> Double {
    let (height, width, channels) = (first.shape.height, first.shape.width, first.shape.channels)
    let radius = min(gaussian ? 5 : 3, (min(height, width) - 1) / 2)
    let side = 2 * radius + 1
    let line = (0..<side).map { gaussian ? exp(-pow(Double($0 - radius) / 1.5, 2) / 2) : 1 }
    let sum = line.reduce(0, +)
    let count = Double(side * side)
    let correction = gaussian || side == 1 ? 1 : count / (count - 1)
    var total = 0.0
    for channel in 0..<channels {
        for top in 0...(height - side) {
            for left in 0...(width - side) {
                var (x, y, xx, yy, xy) = (0.0, 0.0, 0.0, 0.0, 0.0)
                for row in 0..<side {
                    for column in 0..<side {
                        let weight = line[row] * line[column] / (sum * sum)
                        let place = ((top + row) * width + left + column) * channels + channel
                        let (a, b) = (Double(first.pixels[place]), Double(second.pixels[place]))
                        x += weight * a
                        y += weight * b
                        xx += weight * a * a
                        yy += weight * b * b
                        xy += weight * a * b
                    }
                }
                let (c1, c2) = (6.5025, 58.5225)
                let luminance = (2 * x * y + c1) / (x * x + y * y + c1)
                let covariance = correction * (xy - x * y)
                let variances = correction * (xx - x * x + yy - y * y)
                total += luminance * (2 * covariance + c2) / (variances + c2)
            }
        }
    }
    return total / Double((height - side + 1) * (width - side + 1) * channels)
}
