"""The DETR of transformers as an oracle: building it, and giving it the weights of a DETR of this book."""

import re

import torch

from book_lib.checkpoints import detr_to_official

BACKBONE = [                                                     # official name -> name in transformers
    (r"^backbone\.0\.body\.(conv|bn)1\.", lambda m: f"model.backbone.model.embedder.embedder.{KIND[m[1]]}."),
    (r"^backbone\.0\.body\.layer(\d)\.(\d+)\.(conv|bn)(\d)\.",
     lambda m: f"model.backbone.model.encoder.stages.{int(m[1]) - 1}.layers.{m[2]}.layer.{int(m[4]) - 1}.{KIND[m[3]]}."),
    (r"^backbone\.0\.body\.layer(\d)\.0\.downsample\.(\d)\.",
     lambda m: f"model.backbone.model.encoder.stages.{int(m[1]) - 1}.layers.0.shortcut.{KIND[m[2]]}."),
]
RENAMED = [
    *BACKBONE,
    (r"^transformer\.decoder\.norm\.", "model.decoder.layernorm."),
    (r"^transformer\.", "model."),
    (r"(encoder\.layers\.\d+\.)norm1\.", r"\1self_attn_layer_norm."),
    (r"(encoder\.layers\.\d+\.)norm2\.", r"\1final_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm1\.", r"\1self_attn_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm2\.", r"\1encoder_attn_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm3\.", r"\1final_layer_norm."),
    (r"\.multihead_attn\.", ".encoder_attn."),
    (r"\.out_proj\.", ".o_proj."),
    (r"\.linear([12])\.", r".mlp.fc\1."),
    (r"^input_proj\.", "model.input_projection."),
    (r"^query_embed\.", "model.query_position_embeddings."),
    (r"^class_embed\.", "class_labels_classifier."),
    (r"^bbox_embed\.", "bbox_predictor."),
]
KIND = {"conv": "convolution", "bn": "normalization", "0": "convolution", "1": "normalization"}


def transformers_names(official, renamed=RENAMED):
    """Rename official weights or gradients to those of transformers, of DetrForObjectDetection unless other names are given.

    Packed projections are taken apart.
    """
    theirs = {}
    for name, tensor in official.items():
        for pattern, replacement in renamed:
            name = re.sub(pattern, replacement, name)
        path, packed, kind = name.partition("in_proj_")
        parts = zip("qkv", tensor.chunk(3), strict=True) if packed else ()
        theirs |= {f"{path}{x}_proj.{kind}": part for x, part in parts} or {name: tensor}
    return theirs


def detr_of_transformers(model, blocks, width):
    """A DetrForObjectDetection in evaluation mode, as large as model and with its weights; model.backbone is ResNet(blocks, width)."""
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig

    encoder, decoder = len(model.encoder_layers), len(model.decoder_layers)
    n_heads = model.decoder_layers[0].self_attention.n_heads
    d_ff = model.decoder_layers[0].feed_forward.linear1.out_features
    backbone = ResNetConfig(embedding_size=width, hidden_sizes=[4 * width << i for i in range(4)], depths=list(blocks),
                            layer_type="bottleneck", out_features=["stage4"])
    config = DetrConfig(
        backbone_config=backbone, use_timm_backbone=False, num_queries=len(model.queries), d_model=model.queries.size(1),
        encoder_layers=encoder, decoder_layers=decoder, encoder_ffn_dim=d_ff, decoder_ffn_dim=d_ff, encoder_attention_heads=n_heads,
        decoder_attention_heads=n_heads, num_labels=model.class_head.out_features - 1, auxiliary_loss=False)
    theirs = DetrForObjectDetection(config).eval().to(model.queries.dtype)
    missing, unexpected = theirs.load_state_dict(transformers_names(detr_to_official(model.state_dict())), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    for name, parameter in theirs.model.backbone.named_parameters():
        parameter.requires_grad_("stages" in name and "stages.0." not in name)       # it knows the stages by other names and freezes them
    return theirs


def answers_by_layer(theirs, images, mask):
    """(logits, boxes), [n_decoder_layers, b, n_queries, …] each. A hook reads what each decoder layer hands on: transformers gives the
    answers of earlier layers only with auxiliary_loss, and then hands on normed states, which DETR does not."""
    states = []
    hooks = [layer.register_forward_hook(lambda _, __, result: states.append(result[0] if isinstance(result, tuple) else result))
             for layer in theirs.model.decoder.layers]
    last = theirs(pixel_values=images, pixel_mask=mask.long())
    for hook in hooks:
        hook.remove()
    normed = theirs.model.decoder.layernorm(torch.stack(states))
    logits, boxes = theirs.class_labels_classifier(normed), theirs.bbox_predictor(normed).sigmoid()
    torch.testing.assert_close((logits[-1], boxes[-1]), (last.logits, last.pred_boxes))
    return logits, boxes


def loss_of_transformers(logits, boxes, targets):
    """The criterion of transformers on the answers of all layers: (loss with DETR's weights, terms by its own names)."""
    from transformers.loss.loss_for_object_detection import HungarianMatcher, ImageLoss

    matcher = HungarianMatcher(class_cost=1, bbox_cost=5, giou_cost=2)
    criterion = ImageLoss(matcher, num_classes=logits.size(-1) - 1, eos_coef=0.1, losses=["labels", "boxes"]).to(logits.dtype)
    criterion.empty_weight[-1] = 0.1                             # in double precision too
    by_layer = [{"logits": one, "pred_boxes": other} for one, other in zip(logits, boxes, strict=True)]
    labels = [{"class_labels": target["labels"], "boxes": target["boxes"]} for target in targets]
    terms = criterion(by_layer[-1] | {"auxiliary_outputs": by_layer[:-1]}, labels)
    weights = {"loss_ce": 1, "loss_bbox": 5, "loss_giou": 2}
    return sum(weights[re.sub(r"_\d+$", "", name)] * value for name, value in terms.items()), terms


def targets(dtype, counts=(3, 2)):
    """For each picture so many objects of five classes, at random places inside of it."""
    generator = torch.Generator().manual_seed(2)
    return [{"labels": torch.randint(5, (n,), generator=generator),
             "boxes": (torch.tensor([0.3, 0.3, 0.1, 0.1]) + 0.4 * torch.rand(n, 4, generator=generator)).to(dtype)} for n in counts]
