"""The Deformable DETR of transformers as an oracle: building it, and giving it the weights of a DeformableDETR of this book."""

from detr_oracle import BACKBONE, transformers_names

from book_lib.deformable_checkpoints import deformable_to_official

RENAMED = [                                                      # official name -> name in transformers
    *BACKBONE,
    (r"^transformer\.", "model."),
    (r"(encoder\.layers\.\d+\.)norm1\.", r"\1self_attn_layer_norm."),
    (r"(encoder\.layers\.\d+\.)norm2\.", r"\1final_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm1\.", r"\1encoder_attn_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm2\.", r"\1self_attn_layer_norm."),
    (r"(decoder\.layers\.\d+\.)norm3\.", r"\1final_layer_norm."),
    (r"\.cross_attn\.", ".encoder_attn."),
    (r"\.out_proj\.", ".o_proj."),
    (r"\.linear([12])\.", r".mlp.fc\1."),
    (r"^input_proj\.", "model.input_proj."),
    (r"^query_embed\.", "model.query_position_embeddings."),
]


def deformable_of_transformers(model, blocks, width):
    """A DeformableDetrForObjectDetection in evaluation mode, as large as model, with its weights; its backbone: ResNet(blocks, width)."""
    from transformers import DeformableDetrConfig, DeformableDetrForObjectDetection, ResNetConfig

    encoder, decoder = len(model.encoder_layers), len(model.decoder_layers)
    attention, d_model = model.decoder_layers[0].cross_attention, model.level_code.size(1)
    d_ff = model.decoder_layers[0].feed_forward.linear1.out_features
    backbone = ResNetConfig(embedding_size=width, hidden_sizes=[4 * width << i for i in range(4)], depths=list(blocks),
                            layer_type="bottleneck", out_features=["stage2", "stage3", "stage4"])
    config = DeformableDetrConfig(
        backbone_config=backbone, use_timm_backbone=False, num_queries=model.n_queries, d_model=d_model, encoder_layers=encoder,
        decoder_layers=decoder, encoder_ffn_dim=d_ff, decoder_ffn_dim=d_ff, encoder_attention_heads=attention.n_heads,
        decoder_attention_heads=attention.n_heads, num_feature_levels=attention.n_levels, encoder_n_points=attention.n_points,
        decoder_n_points=attention.n_points, num_labels=model.class_heads[0].out_features, with_box_refine=model.refine,
        two_stage=model.two_stage, two_stage_num_proposals=model.n_queries, auxiliary_loss=True, class_cost=2, tie_word_embeddings=False,
        disable_custom_kernels=True)
    theirs = DeformableDetrForObjectDetection(config).eval().to(model.level_code.dtype)
    missing, unexpected = theirs.load_state_dict(transformers_names(deformable_to_official(model.state_dict()), RENAMED), strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    for name, parameter in theirs.model.backbone.named_parameters():
        parameter.requires_grad_("stages" in name and "stages.0." not in name)
    return theirs
