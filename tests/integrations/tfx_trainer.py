"""The trainer of the TFX pipeline in the tests: a small network on two numbers and a class."""

import tensorflow as tf

NAMES = ("a", "b", "c", "d")


def run_fn(arguments):
    """Train as long as `custom_config` says; export a signature for serialised examples."""
    spec = {name: tf.io.FixedLenFeature([], tf.float32) for name in NAMES}
    label = {"label": tf.io.FixedLenFeature([], tf.int64)}
    rows = tf.data.TFRecordDataset(
        tf.io.gfile.glob([f"{pattern}" for pattern in arguments.train_files]), "GZIP"
    )
    parsed = [tf.io.parse_single_example(row, spec | label) for row in rows]
    x = tf.stack([[row[name] for name in NAMES] for row in parsed])
    y = tf.stack([row["label"] for row in parsed])
    tf.keras.utils.set_random_seed(0)
    model = tf.keras.Sequential(
        [tf.keras.layers.Dense(256, "relu"), tf.keras.layers.Dense(2)], name="model"
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(0.02), loss=loss)
    model.fit(x, y, epochs=arguments.custom_config["epochs"], batch_size=64, verbose=0)

    def serve(examples):
        features = tf.io.parse_example(examples, spec)
        return {"logits": model(tf.stack([features[name] for name in NAMES], axis=1))}

    # what tf.saved_model.save writes of a Keras 3 model, BulkInferrer cannot restore
    archive = tf.keras.export.ExportArchive()
    archive.track(model)
    asked = [tf.TensorSpec([None], tf.string, name="examples")]
    archive.add_endpoint(name="serving_default", fn=serve, input_signature=asked)
    archive.write_out(arguments.serving_model_dir, verbose=False)
