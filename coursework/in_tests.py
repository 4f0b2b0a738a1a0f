"""What every test of every question may use. build.py writes these functions into each test file, so they import what they need."""


def near(found, wanted, atol=1e-4):
    """Whether a tensor has the shape and the numbers of another one, whatever the number types are."""
    import torch

    if not isinstance(found, torch.Tensor) or list(found.shape) != list(wanted.shape):
        return False
    return torch.allclose(found.detach().double(), wanted.detach().double(), atol=atol)


def same(found, wanted):
    """Whether a tensor has the shape and exactly the numbers of another one, whatever the number types are."""
    import torch

    fits = isinstance(found, torch.Tensor) and list(found.shape) == list(wanted.shape)
    return fits and bool((found.detach().double() == wanted.detach().double()).all())


def numbers(answer, length):
    """The numbers of a list, tuple, array or tensor as a list of floats; None where it is not `length` numbers."""
    import numbers

    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if not isinstance(answer, list | tuple) or len(answer) != length:
        return None
    plain = [each.tolist() if hasattr(each, "tolist") else each for each in answer]
    return [float(each) for each in plain] if all(isinstance(each, numbers.Real) for each in plain) else None


def number(answer):
    """One number, plain, of NumPy or a tensor of one element, as a float; None where it is none."""
    import numbers

    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    while isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    return float(answer) if isinstance(answer, numbers.Real) else None


def changes_inputs(function, *given):
    """Whether a call changes one of the tensors that it is given."""
    import torch

    copies = [each.clone() if isinstance(each, torch.Tensor) else each for each in given]
    function(*given)
    pairs = zip(given, copies, strict=True)
    return any(isinstance(each, torch.Tensor) and not torch.equal(each, copy) for each, copy in pairs)


def gradient_flows(function, given, of=0):
    """Whether the result still depends on the input at place `of` by differentiable operations."""
    import torch

    given = list(given)
    given[of] = given[of].clone().requires_grad_()
    result = function(*given)
    if isinstance(result, dict):
        result = next(iter(result.values()))
    result = result[0] if isinstance(result, list | tuple) else result
    return isinstance(result, torch.Tensor) and result.requires_grad


def operations(function, *given):
    """The names of torch's operations that a call comes down to, under whatever names the code calls them."""
    from torch.overrides import TorchFunctionMode

    if hasattr(function, "operations_of_call"):
        return function.operations_of_call(*given)
    names = []

    class Listener(TorchFunctionMode):
        def __torch_function__(self, operation, kinds, args=(), kwargs=None):
            names.append(getattr(operation, "__name__", str(operation)))
            return operation(*args, **(kwargs or {}))

    with Listener():
        function(*given)
    return names


def calls_any(function, given, *names):
    """The first of torch's operations with one of these names, or parts of names, that a call comes down to; '' where there is none."""
    hits = [operation for operation in operations(function, *given) if any(name in operation for name in names)]
    return hits[0].strip("_") if hits else ""


def all_alike(answers, letters="abcd"):
    """Whether all answers of a dictionary are the same one: that is no answer to questions with different ones."""
    return isinstance(answers, dict) and len({str(answers.get(letter)) for letter in letters}) == 1


def unmoved(name, function, first, second):
    """What to say of a function that gives the same answer to different inputs; '' where it does not."""
    differs = repr(function(*first)) != repr(function(*second))
    return "" if differs else f"{name} returns the same whatever it is given: a constant is no answer"
