// The vision transformer and its head.
extension PlainNetwork {
    /// Patch embedding and all blocks; [1 + patches, embed], the class token first.
    func visionTransformer(_ image: PlainTensor, _ stages: inout Stages) -> PlainTensor {
        let patch = tensor("patch_embed.proj.weight").shape[2]
        let patches = plainTokens(convolution(image, "patch_embed.proj", stride: patch))
        record(patches, "patch_embed", &stages)

        let embed = patches.shape[1]
        var x = PlainTensor.concatenated([tensor("cls_token").reshaped([1, embed]), patches])
        x = x + tensor("pos_embed").reshaped(x.shape)
        var index = 0
        while tensors["blocks.\(index).norm1.weight"] != nil {
            x = block(x, "blocks.\(index)", &stages)
            index += 1
        }
        return x
    }

    private func block(_ x: PlainTensor, _ name: String, _ stages: inout Stages) -> PlainTensor {
        let convolved = record(patchConvolutions(x, "\(name).PCM"), "\(name).PCM", &stages)
        let normal1 = record(layerNorm(x, "\(name).norm1"), "\(name).norm1", &stages)
        let attended = record(attention(normal1, "\(name).attn"), "\(name).attn", &stages)
        let x1 = x + attended + withClassToken(convolved)
        let normal2 = record(layerNorm(x1, "\(name).norm2"), "\(name).norm2", &stages)
        let hidden = record(linear(normal2, "\(name).mlp.fc1"), "\(name).mlp.fc1", &stages)
        let mlp = record(linear(plainGELU(hidden), "\(name).mlp.fc2"), "\(name).mlp", &stages)
        return record(x1 + mlp, name, &stages)
    }

    /// The parallel convolutions on the patch tokens; [embed, side, side].
    private func patchConvolutions(_ x: PlainTensor, _ name: String) -> PlainTensor {
        let image = plainSquareImage(x.rows(1..<x.shape[0]))
        let hidden = plainSiLU(batchNorm(convolution(image, "\(name).0"), "\(name).1"))
        return convolution(hidden, "\(name).3")
    }

    /// The output of the convolutions as tokens, with nothing for the class token.
    private func withClassToken(_ image: PlainTensor) -> PlainTensor {
        PlainTensor.concatenated([PlainTensor(zeros: [1, image.shape[0]]), plainTokens(image)])
    }

    private func attention(_ x: PlainTensor, _ name: String) -> PlainTensor {
        let embed = x.shape[1]
        // Only q and v have a bias.
        let bias = PlainTensor.concatenated([
            tensor("\(name).q_bias"), PlainTensor(zeros: [embed]), tensor("\(name).v_bias"),
        ])
        let qkv = plainLinear(x, weight: tensor("\(name).qkv.weight"), bias: bias)
        return linear(plainAttention(qkv: qkv, heads: numHeads), "\(name).proj")
    }

    /// From all tokens to the features of the vision transformer, [1, features].
    func visionHead(_ x: PlainTensor, _ stages: inout Stages) -> PlainTensor {
        let mean = plainMeanToken(x.rows(1..<x.shape[0]))
        let normal = record(layerNorm(mean, "fc_norm"), "fc_norm", &stages)
        let head = record(linear(normal, "head"), "head", &stages)
        let hidden = record(linear(head, "vit_block.0"), "vit_block.0", &stages)
        return record(linear(plainReLU(hidden), "vit_block.2"), "vit_block.2", &stages)
    }
}
